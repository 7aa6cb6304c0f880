// deis ps:restart

import { Args } from '@oclif/core';
import { parseProcess } from '../../client/arguments.ts';
import type { ApiContainer } from '../../client/types.ts';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';
import { coffee, readProcesses } from './show.ts';

export default class PsRestart extends DeisCommand {
  static override summary = 'Restart the containers of an app, or some of them.';
  static override examples = [
    '<%= config.bin %> ps:restart -a hello',
    '<%= config.bin %> ps:restart web -a hello',
    '<%= config.bin %> ps:restart web.1 -a hello',
  ];
  static override aliases = ['restart'];
  static override args = {
    process: Args.string({ description: 'A process type, or one container: web, web.1.' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag };

  async run(): Promise<ApiContainer[]> {
    const { args, flags } = await this.parse(PsRestart);
    const { path } = this.accept(parseProcess(args.process));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const began = performance.now();
    this.log(coffee('Restarting'));
    await session.api.post(`apps/${app}/containers/${path}restart/`, {}, this.signal);
    this.log(`done in ${Math.floor((performance.now() - began) / 1000)}s`);
    const { containers, list } = await readProcesses(session.api, app, undefined, this.signal);
    this.lines(list);
    return containers;
  }
}
