// deis routing:list

import { heading, pairLines } from '../../client/lists.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class RoutingList extends DeisCommand {
  static override summary = 'List what an app has set about the way to it.';
  static override aliases = ['routing'];
  static override examples = ['<%= config.bin %> routing -a hello'];
  static override enableJsonFlag = true;
  static override flags = { ...appFlag };

  async run(): Promise<Record<string, string>> {
    const { flags } = await this.parse(RoutingList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/routing`;
    const { settings } = await session.api.get<{ settings: Record<string, string> }>(
      path,
      this.signal,
    );
    this.lines([heading(`${app} Routing`), ...pairLines(settings, 5)]);
    return settings;
  }
}
