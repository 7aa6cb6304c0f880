// deis tags:set

import { Args } from '@oclif/core';
import { parseTags } from '../../client/arguments.ts';
import { heading, pairLines } from '../../client/lists.ts';
import type { ApiConfig } from '../../client/types.ts';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';

export default class TagsSet extends DeisCommand {
  static override summary = 'Run an app only on machines with these tags: a new release.';
  static override examples = ['<%= config.bin %> tags:set rack=1 ssd=true -a hello'];
  static override strict = false;
  static override args = {
    tag: Args.string({ required: true, description: 'key=value (several may be given).' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag };

  async run(): Promise<Record<string, string>> {
    const { argv, flags } = await this.parse(TagsSet);
    const { tags } = this.accept(parseTags(argv as string[]));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `apps/${app}/config/`;
    await this.waiting('Applying tags...', session.api.post(path, { tags }, this.signal));
    const config = await session.api.get<ApiConfig>(path, this.signal);
    this.lines(['', heading(`${app} Tags`), ...pairLines(config.tags, 5)]);
    return config.tags;
  }
}
