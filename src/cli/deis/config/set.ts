// deis config:set

import { Args } from '@oclif/core';
import { parseConfig } from '../../client/arguments.ts';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';
import { type ConfigChange, changeConfig } from './change.ts';

export default class ConfigSet extends DeisCommand {
  static override summary = 'Set config values of an app: a new release with these values.';
  static override examples = ['<%= config.bin %> config:set POWERED_BY=Deis DEBUG=1 -a hello'];
  static override strict = false;
  static override args = {
    value: Args.string({ required: true, description: 'KEY=value (several may be given).' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag };

  async run(): Promise<Pick<ConfigChange, 'release' | 'values'>> {
    const { argv, flags } = await this.parse(ConfigSet);
    const { values } = this.accept(parseConfig(argv as string[]));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const change = changeConfig(session.api, app, { values }, this.signal);
    const {
      list,
      values: now,
      release,
    } = await this.waiting('Creating config...', change, (done) =>
      done.release === undefined ? 'done' : `done, ${done.release}`,
    );
    this.lines(['', ...list]);
    return { release, values: now };
  }
}
