// deis tags:unset

import { Args } from '@oclif/core';
import { heading, pairLines } from '../../client/lists.ts';
import type { ApiConfig } from '../../client/types.ts';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';

export default class TagsUnset extends DeisCommand {
  static override summary = 'Remove tags of an app: a new release.';
  static override examples = ['<%= config.bin %> tags:unset rack -a hello'];
  static override strict = false;
  static override args = {
    key: Args.string({ required: true, description: 'Key of a tag (several may be given).' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag };

  async run(): Promise<Record<string, string>> {
    const { argv, flags } = await this.parse(TagsUnset);
    const tags = Object.fromEntries((argv as string[]).map((key) => [key, null]));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `apps/${app}/config/`;
    await this.waiting('Applying tags...', session.api.post(path, { tags }, this.signal));
    const config = await session.api.get<ApiConfig>(path, this.signal);
    this.lines(['', heading(`${app} Tags`), ...pairLines(config.tags, 5)]);
    return config.tags;
  }
}
