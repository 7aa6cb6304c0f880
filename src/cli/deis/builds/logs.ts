// deis builds:logs

import { Args, Flags } from '@oclif/core';
import { heading } from '../../client/lists.ts';
import type { ApiBuildLog } from '../../client/types.ts';
import { table } from '../../table.ts';
import { DeisCommand, appFlag, limitFlag } from '../command.ts';

export default class BuildsLogs extends DeisCommand {
  static override summary =
    'Show what a push printed, that of the last one unless another is named.';
  static override description = 'Pushes that failed are kept too. --list shows which there are.';
  static override examples = [
    '<%= config.bin %> builds:logs -a hello',
    '<%= config.bin %> builds:logs --list -a hello',
  ];
  static override args = {
    log: Args.string({ default: 'latest', description: 'Its id, as --list shows it.' }),
  };
  static override flags = {
    ...appFlag,
    ...limitFlag,
    list: Flags.boolean({ description: 'Which pushes there were, newest first.' }),
  };
  static override enableJsonFlag = true;

  async run(): Promise<ApiBuildLog | ApiBuildLog[]> {
    const { args, flags } = await this.parse(BuildsLogs);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/build-logs`;
    if (!flags.list) {
      const one = `${path}/${encodeURIComponent(args.log)}`;
      const log = await session.api.get<ApiBuildLog>(one, this.signal);
      this.lines((log.text ?? '').replace(/\n$/, '').split('\n'));
      return log;
    }
    const page = await session.api.list<ApiBuildLog>(path, flags.limit, this.signal);
    const rows = page.results.map(({ id, user, sha, outcome, release }) => [
      id,
      user,
      sha.slice(0, 8),
      release === undefined ? outcome : `v${release}`,
    ]);
    this.lines([heading(`${app} Pushes`, rows.length, page.count), ...table(rows)]);
    return page.results;
  }
}
