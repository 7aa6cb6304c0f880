// deis ps:list

import type { ApiContainer } from '../../client/types.ts';
import { DeisCommand, appFlag, limitFlag } from '../command.ts';
import { readProcesses } from './show.ts';

export default class PsList extends DeisCommand {
  static override summary = 'List the containers of an app.';
  static override aliases = ['ps'];
  static override examples = ['<%= config.bin %> ps -a hello', '<%= config.bin %> ps:list --json'];
  static override enableJsonFlag = true;
  static override flags = { ...appFlag, ...limitFlag };

  async run(): Promise<ApiContainer[]> {
    const { flags } = await this.parse(PsList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const { containers, list } = await readProcesses(session.api, app, flags.limit, this.signal);
    this.lines(list);
    return containers;
  }
}
