// deisctl drain

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import { PATIENCE } from '../waiting-flags.ts';

export default class Drain extends BaseCommand {
  static override summary =
    'Move everything off a machine, new before old, and give it nothing new.';
  static override examples = [
    '<%= config.bin %> drain deis-2',
    '<%= config.bin %> uncordon deis-2',
  ];
  static override args = {
    machine: Args.string({ required: true, description: 'Name, address or id of the machine.' }),
  };
  static override flags = PATIENCE;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Drain);
    const [{ machineCalled }, { drain }] = await Promise.all([
      import('../machines/orders.ts'),
      import('../machines/drain.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    const machine = await machineCalled(registry, args.machine, this.signal);
    const patience = flags.patience * 1000;
    await drain(registry, machine, this.output, { patience }, this.signal);
  }
}
