// deis tags:list

import { heading, pairLines } from '../../client/lists.ts';
import type { ApiConfig } from '../../client/types.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class TagsList extends DeisCommand {
  static override summary = 'List the tags of an app: machines must carry them to run it.';
  static override aliases = ['tags'];
  static override examples = ['<%= config.bin %> tags -a hello'];
  static override enableJsonFlag = true;
  static override flags = { ...appFlag };

  async run(): Promise<Record<string, string>> {
    const { flags } = await this.parse(TagsList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const { tags } = await session.api.get<ApiConfig>(`apps/${app}/config/`, this.signal);
    this.lines([heading(`${app} Tags`), ...pairLines(tags, 5)]);
    return tags;
  }
}
