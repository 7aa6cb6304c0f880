// deis config:set

import { Args } from '@oclif/core';
import { parseConfig } from '../../client/arguments.ts';
import { appFlag, dryRunFlag } from '../command.ts';
import { ConfigCommand, type ConfigValues } from './change.ts';

export default class ConfigSet extends ConfigCommand {
  static override summary = 'Set config values of an app: a new release with these values.';
  static override examples = ['<%= config.bin %> config:set POWERED_BY=Deis DEBUG=1 -a hello'];
  static override strict = false;
  static override args = {
    value: Args.string({ required: true, description: 'KEY=value (several may be given).' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag };

  async run(): Promise<ConfigValues> {
    const { argv, flags } = await this.parse(ConfigSet);
    const { values } = this.accept(parseConfig(argv as string[]));
    return this.change('Creating config...', flags, values);
  }
}
