// deisctl destroy

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import { timeoutFlag } from '../waiting-flags.ts';

export default class Destroy extends BaseCommand {
  static override summary = 'Stop and forget units that were submitted.';
  static override examples = [
    '<%= config.bin %> destroy redis.service',
    "<%= config.bin %> destroy 'worker@*.service'",
  ];
  static override strict = false;
  static override args = {
    unit: Args.string({ required: true, description: 'Names or patterns (several may be given).' }),
  };
  static override flags = timeoutFlag(600);

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Destroy);
    const { destroy } = await import('../foreign/foreign.ts');
    const { registry } = await this.openCluster(flags);
    const operation = { registry, output: this.output, timeout: flags.timeout * 1000 };
    await destroy(operation, argv as string[], this.signal);
  }
}
