// deis drains:list

import { heading } from '../../client/lists.ts';
import type { Page } from '../../client/controller.ts';
import { table } from '../../table.ts';
import { DeisCommand, appFlag, limitFlag } from '../command.ts';

export interface ApiDrain {
  id: string;
  url: string;
  state: 'idle' | 'sending' | 'failing' | 'unknown';
  reason: string;
  behind: number;
}

export default class DrainsList extends DeisCommand {
  static override summary = 'List where the lines of an app are sent, and how that goes.';
  static override aliases = ['drains'];
  static override examples = ['<%= config.bin %> drains -a hello'];
  static override enableJsonFlag = true;
  static override flags = { ...appFlag, ...limitFlag };

  async run(): Promise<ApiDrain[]> {
    const { flags } = await this.parse(DrainsList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/drains`;
    const page: Page<ApiDrain> = await session.api.list(path, flags.limit, this.signal);
    const rows = page.results.map(({ id, url, state, reason, behind }) => [
      id,
      url,
      state === 'failing' ? `failing: ${reason} (${behind} bytes behind)` : state,
    ]);
    this.lines([heading(`${app} Drains`, page.results.length, page.count), ...table(rows)]);
    return page.results;
  }
}
