// deis ps:scale

import { Args } from '@oclif/core';
import { parseScales } from '../../client/arguments.ts';
import type { ApiContainer } from '../../client/types.ts';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';
import { coffee, readProcesses } from './show.ts';

export default class PsScale extends DeisCommand {
  static override summary = 'Run more or fewer containers of a process type.';
  static override aliases = ['scale'];
  static override examples = ['<%= config.bin %> scale web=3 worker=1 -a hello'];
  static override strict = false;
  static override args = {
    target: Args.string({ required: true, description: 'type=number (several may be given).' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag };

  async run(): Promise<ApiContainer[]> {
    const { argv, flags } = await this.parse(PsScale);
    const { scales } = this.accept(parseScales(argv as string[]));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const began = performance.now();
    this.log(coffee('Scaling'));
    await session.api.post(`apps/${app}/scale/`, scales, this.signal);
    this.log(`done in ${Math.floor((performance.now() - began) / 1000)}s`);
    const { containers, list } = await readProcesses(session.api, app, undefined, this.signal);
    this.lines(list);
    return containers;
  }
}
