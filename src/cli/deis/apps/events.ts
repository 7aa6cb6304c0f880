// deis apps:events

import type { ApiEvent } from '../../client/types.ts';
import { heading } from '../../client/lists.ts';
import { table } from '../../table.ts';
import { DeisCommand, appFlag, limitFlag } from '../command.ts';

export default class AppsEvents extends DeisCommand {
  static override summary = 'List who changed an app, newest first.';
  static override aliases = ['events'];
  static override examples = [
    '<%= config.bin %> apps:events -a hello',
    '<%= config.bin %> apps:events -l 5',
  ];
  static override flags = { ...appFlag, ...limitFlag };

  async run(): Promise<ApiEvent[]> {
    const { flags } = await this.parse(AppsEvents);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/trail`;
    const page = await session.api.list<ApiEvent>(path, flags.limit, this.signal);
    this.log(heading(`${app} Events`, page.results.length, page.count));
    const rows = page.results.map(({ at, user, action, release, text }) => [
      at,
      user,
      action,
      release === undefined ? '' : `v${release}`,
      text,
    ]);
    this.lines(table(rows));
    return page.results;
  }
}
