// deis limits:unset

import { Args } from '@oclif/core';
import { heading, limitLines } from '../../client/lists.ts';
import type { ApiConfig } from '../../client/types.ts';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';
import { limitKindFlags } from './flags.ts';

export default class LimitsUnset extends DeisCommand {
  static override summary = 'Remove limits of a process type: a new release without them.';
  static override examples = ['<%= config.bin %> limits:unset web -a hello'];
  static override strict = false;
  static override args = {
    type: Args.string({ required: true, description: 'Process type (several may be given).' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag, ...limitKindFlags };

  async run(): Promise<Pick<ApiConfig, 'memory' | 'cpu'>> {
    const { argv, flags } = await this.parse(LimitsUnset);
    const limits = Object.fromEntries((argv as string[]).map((type) => [type, null]));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `apps/${app}/config/`;
    const body = flags.cpu ? { cpu: limits } : { memory: limits };
    await this.waiting('Applying limits...', session.api.post(path, body, this.signal));
    const config = await session.api.get<ApiConfig>(path, this.signal);
    this.lines(['', heading(`${app} Limits`), '', ...limitLines(config)]);
    return { memory: config.memory, cpu: config.cpu };
  }
}
