// deis apps:list

import { heading } from '../../client/lists.ts';
import type { ApiApp } from '../../client/types.ts';
import { DeisCommand, limitFlag } from '../command.ts';

export default class AppsList extends DeisCommand {
  static override summary = 'List your apps and those shared with you.';
  static override aliases = ['apps'];
  static override examples = ['<%= config.bin %> apps', '<%= config.bin %> apps:list --json'];
  static override enableJsonFlag = true;
  static override flags = { ...limitFlag };

  async run(): Promise<ApiApp[]> {
    const { flags } = await this.parse(AppsList);
    const { api } = await this.session();
    const { count, results } = await api.list<ApiApp>('apps/', flags.limit, this.signal);
    this.log(heading('Apps', results.length, count));
    this.lines(results.map(({ id }) => id));
    return results;
  }
}
