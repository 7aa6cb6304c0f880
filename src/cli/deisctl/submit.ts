// deisctl submit

import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import { timeoutFlag } from '../waiting-flags.ts';

export default class Submit extends BaseCommand {
  static override summary = 'Hand in unit files of your own, with fleet’s [X-Fleet] options.';
  static override examples = [
    '<%= config.bin %> submit --start redis.service',
    '<%= config.bin %> submit --start worker@1.service worker@2.service',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({ required: true, description: 'Unit files (several may be named).' }),
  };
  static override flags = {
    start: Flags.boolean({ description: 'Place and start them, and wait until they run.' }),
    ...timeoutFlag(600),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Submit);
    const { submit } = await import('../foreign/foreign.ts');
    const { registry } = await this.openCluster(flags);
    const operation = { registry, output: this.output, timeout: flags.timeout * 1000 };
    await submit(operation, argv as string[], flags.start, this.signal);
  }
}
