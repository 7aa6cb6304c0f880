// deisctl formations balance

import { Args } from '@oclif/core';
import { DEFAULT_FORMATION } from '../../../model/formation.ts';
import { timeoutFlag } from '../../waiting-flags.ts';
import { MachineCommand } from '../nodes/command.ts';

export default class FormationsBalance extends MachineCommand {
  static override summary = 'Even containers out over the machines of a formation, new before old.';
  static override description =
    'Afterwards no machine has two containers of a process type more than another one that may run it. Other formations are evened out by the way.';
  static override examples = ['<%= config.bin %> formations balance shop'];
  static override args = {
    id: Args.string({ description: 'The formation.', default: DEFAULT_FORMATION }),
  };
  static override flags = timeoutFlag(600);

  async run(): Promise<void> {
    const { args, flags } = await this.parse(FormationsBalance);
    const [{ formationCalled }, { rebalance }] = await Promise.all([
      import('../../formations/records.ts'),
      import('../../machines/rebalance.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    await formationCalled(registry, args.id, this.signal);
    await rebalance(registry, this.output, flags.timeout * 1000, this.signal);
  }
}
