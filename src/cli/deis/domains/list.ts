// deis domains:list

import { heading } from '../../client/lists.ts';
import type { ApiDomain } from '../../client/types.ts';
import { DeisCommand, appFlag, limitFlag } from '../command.ts';

export default class DomainsList extends DeisCommand {
  static override summary = 'List the domains of an app.';
  static override aliases = ['domains'];
  static override examples = ['<%= config.bin %> domains -a hello'];
  static override flags = { ...appFlag, ...limitFlag };

  async run(): Promise<ApiDomain[]> {
    const { flags } = await this.parse(DomainsList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `apps/${app}/domains/`;
    const page = await session.api.list<ApiDomain>(path, flags.limit, this.signal);
    this.log(heading(`${app} Domains`, page.results.length, page.count));
    this.lines(page.results.map(({ domain }) => domain));
    return page.results;
  }
}
