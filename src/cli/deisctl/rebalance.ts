// deisctl rebalance

import { Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';

export default class Rebalance extends BaseCommand {
  static override summary = 'Spread units anew over the machines, new before old.';
  static override description =
    'The scheduler never moves healthy units by itself: after a machine came back, ask for it here.';
  static override examples = ['<%= config.bin %> rebalance'];
  static override flags = {
    timeout: Flags.integer({ description: 'Seconds to wait.', default: 600, min: 1 }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Rebalance);
    const { rebalance } = await import('../machines/rebalance.ts');
    const { registry } = await this.openCluster(flags);
    await rebalance(registry, this.output, flags.timeout * 1000, this.signal);
  }
}
