// deis config:unset

import { Args } from '@oclif/core';
import { appFlag, dryRunFlag } from '../command.ts';
import { ConfigCommand, type ConfigValues } from './change.ts';

export default class ConfigUnset extends ConfigCommand {
  static override summary = 'Remove config values of an app: a new release without them.';
  static override examples = ['<%= config.bin %> config:unset DEBUG -a hello'];
  static override strict = false;
  static override args = {
    key: Args.string({ required: true, description: 'Name of a value (several may be given).' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag };

  async run(): Promise<ConfigValues> {
    const { argv, flags } = await this.parse(ConfigUnset);
    const values = Object.fromEntries((argv as string[]).map((key) => [key, null]));
    return this.change('Removing config...', flags, values);
  }
}
