// deis config:unset

import { Args } from '@oclif/core';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';
import { type ConfigChange, changeConfig } from './change.ts';

export default class ConfigUnset extends DeisCommand {
  static override summary = 'Remove config values of an app: a new release without them.';
  static override examples = ['<%= config.bin %> config:unset DEBUG -a hello'];
  static override strict = false;
  static override args = {
    key: Args.string({ required: true, description: 'Name of a value (several may be given).' }),
  };
  static override flags = { ...appFlag, ...dryRunFlag };

  async run(): Promise<Pick<ConfigChange, 'release' | 'values'>> {
    const { argv, flags } = await this.parse(ConfigUnset);
    const values = Object.fromEntries((argv as string[]).map((key) => [key, null]));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const change = changeConfig(session.api, app, { values }, this.signal);
    const {
      list,
      values: now,
      release,
    } = await this.waiting('Removing config...', change, (done) =>
      done.release === undefined ? 'done' : `done, ${done.release}`,
    );
    this.lines(['', ...list]);
    return { release, values: now };
  }
}
