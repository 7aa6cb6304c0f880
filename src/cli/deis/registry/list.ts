// deis registry:list

import { heading } from '../../client/lists.ts';
import { table } from '../../table.ts';
import { DeisCommand, appFlag } from '../command.ts';

interface Login {
  host: string;
  username?: string;
  plain: boolean;
}

export default class RegistryList extends DeisCommand {
  static override summary = "List the registries that an app's images are read from with a login.";
  static override aliases = ['registry'];
  static override examples = ['<%= config.bin %> registry -a hello'];
  static override enableJsonFlag = true;
  static override flags = { ...appFlag };

  async run(): Promise<Login[]> {
    const { flags } = await this.parse(RegistryList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/registry`;
    const { logins } = await session.api.get<{ logins: Login[] }>(path, this.signal);
    const rows = logins.map(({ host, username = '-', plain }) => [
      plain ? `http://${host}` : host,
      username,
    ]);
    this.lines([heading(`${app} Registries`), ...table(rows)]);
    return logins;
  }
}
