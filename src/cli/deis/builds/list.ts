// deis builds:list

import { heading } from '../../client/lists.ts';
import type { ApiBuild } from '../../client/types.ts';
import { DeisCommand, appFlag, limitFlag } from '../command.ts';

export default class BuildsList extends DeisCommand {
  static override summary = 'List the builds of an app, newest first.';
  static override aliases = ['builds'];
  static override examples = ['<%= config.bin %> builds -a hello'];
  static override enableJsonFlag = true;
  static override flags = { ...appFlag, ...limitFlag };

  async run(): Promise<ApiBuild[]> {
    const { flags } = await this.parse(BuildsList);
    const session = await this.session();
    const id = await this.appOf(session, flags);
    const path = `apps/${id}/builds/`;
    const page = await session.api.list<ApiBuild>(path, flags.limit, this.signal);
    this.log(heading(`${id} Builds`, page.results.length, page.count));
    this.lines(page.results.map(({ uuid, created }) => `${uuid} ${created}`));
    return page.results;
  }
}
