// deisctl rebalance

import { BaseCommand } from '../base.ts';
import { timeoutFlag } from '../waiting-flags.ts';

export default class Rebalance extends BaseCommand {
  static override summary = 'Spread units anew over the machines, new before old.';
  static override description =
    'The scheduler never moves healthy units by itself: after a machine came back, ask for it here.';
  static override examples = ['<%= config.bin %> rebalance'];
  static override flags = timeoutFlag(600);

  async run(): Promise<void> {
    const { flags } = await this.parse(Rebalance);
    const { rebalance } = await import('../machines/rebalance.ts');
    const { registry } = await this.openCluster(flags);
    await rebalance(registry, this.output, flags.timeout * 1000, this.signal);
  }
}
