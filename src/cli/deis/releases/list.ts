// deis releases:list

import { heading, releaseLines } from '../../client/lists.ts';
import type { ApiRelease } from '../../client/types.ts';
import { DeisCommand, appFlag, limitFlag } from '../command.ts';

export default class ReleasesList extends DeisCommand {
  static override summary = 'List the releases of an app, newest first.';
  static override aliases = ['releases'];
  static override examples = ['<%= config.bin %> releases -a hello'];
  static override enableJsonFlag = true;
  static override flags = { ...appFlag, ...limitFlag };

  async run(): Promise<ApiRelease[]> {
    const { flags } = await this.parse(ReleasesList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `apps/${app}/releases/`;
    const page = await session.api.list<ApiRelease>(path, flags.limit, this.signal);
    this.log(heading(`${app} Releases`, page.results.length, page.count));
    this.lines(releaseLines(page.results));
    return page.results;
  }
}
