// deis limits:list

import { heading, limitLines } from '../../client/lists.ts';
import type { ApiConfig } from '../../client/types.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class LimitsList extends DeisCommand {
  static override summary = 'List the memory and cpu limits of an app’s process types.';
  static override aliases = ['limits'];
  static override examples = ['<%= config.bin %> limits -a hello'];
  static override enableJsonFlag = true;
  static override flags = { ...appFlag };

  async run(): Promise<Pick<ApiConfig, 'memory' | 'cpu'>> {
    const { flags } = await this.parse(LimitsList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const config = await session.api.get<ApiConfig>(`apps/${app}/config/`, this.signal);
    this.lines([heading(`${app} Limits`), '', ...limitLines(config)]);
    return { memory: config.memory, cpu: config.cpu };
  }
}
