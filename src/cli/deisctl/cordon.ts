// deisctl cordon

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';

export default class Cordon extends BaseCommand {
  static override summary = 'Give a machine no new units; what runs there stays.';
  static override examples = ['<%= config.bin %> cordon deis-2'];
  static override args = {
    machine: Args.string({ required: true, description: 'Name, address or id of the machine.' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Cordon);
    const { machineCalled, order } = await import('../machines/orders.ts');
    const { registry } = await this.openCluster(flags);
    const machine = await machineCalled(registry, args.machine, this.signal);
    await order(registry, machine, { cordon: true, drain: false }, this.signal);
    this.log(`${machine.name}: cordoned`);
  }
}
