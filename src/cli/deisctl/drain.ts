// deisctl drain

import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';

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
  static override flags = {
    patience: Flags.integer({
      description: 'Give up when nothing has left for this many seconds; the order stays.',
      default: 120,
      min: 1,
    }),
  };

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
