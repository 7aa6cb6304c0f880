// deis config:unset

import { Args } from '@oclif/core';
import { DeisCommand, appFlag } from '../command.ts';
import { changeConfig } from './change.ts';

export default class ConfigUnset extends DeisCommand {
  static override summary = 'Remove config values of an app: a new release without them.';
  static override examples = ['<%= config.bin %> config:unset DEBUG -a hello'];
  static override strict = false;
  static override args = {
    key: Args.string({ required: true, description: 'Name of a value (several may be given).' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(ConfigUnset);
    const values = Object.fromEntries((argv as string[]).map((key) => [key, null]));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const change = changeConfig(session.api, app, { values }, this.signal);
    const { list } = await this.waiting('Removing config...', change, ({ release }) =>
      release === undefined ? 'done' : `done, ${release}`,
    );
    this.lines(['', ...list]);
  }
}
