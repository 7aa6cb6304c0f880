// deisctl uncordon

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';

export default class Uncordon extends BaseCommand {
  static override summary = 'Take cordon and drain back: the machine gets units again.';
  static override examples = ['<%= config.bin %> uncordon deis-2'];
  static override args = {
    machine: Args.string({ required: true, description: 'Name, address or id of the machine.' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Uncordon);
    const { machineCalled, order } = await import('../machines/orders.ts');
    const { registry } = await this.openCluster(flags);
    const machine = await machineCalled(registry, args.machine, this.signal);
    await order(registry, machine, undefined, this.signal);
    this.log(`${machine.name}: uncordoned`);
  }
}
