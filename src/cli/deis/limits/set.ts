// deis limits:set

import { Args } from '@oclif/core';
import { parseLimits } from '../../client/arguments.ts';
import { heading, limitLines } from '../../client/lists.ts';
import type { ApiConfig } from '../../client/types.ts';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';
import { limitKindFlags } from './flags.ts';

export default class LimitsSet extends DeisCommand {
  static override summary =
    'Limit memory or cpu of a process type: a new release with these limits.';
  static override examples = [
    '<%= config.bin %> limits:set web=512M worker=1G -a hello',
    '<%= config.bin %> limits:set --cpu web=512 -a hello',
  ];
  static override strict = false;
  static override args = {
    limit: Args.string({ required: true, description: 'type=limit (several may be given).' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag, ...limitKindFlags };

  async run(): Promise<Pick<ApiConfig, 'memory' | 'cpu'>> {
    const { argv, flags } = await this.parse(LimitsSet);
    const { limits } = this.accept(parseLimits(argv as string[]));
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
