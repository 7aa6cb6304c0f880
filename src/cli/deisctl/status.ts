// deisctl status

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import { type Overview, overview, overviewText } from '../views/overview.ts';

export default class Status extends BaseCommand {
  static override summary = 'Show how the cluster is, or what systemd says of one unit.';
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status router@1',
    '<%= config.bin %> status --json',
  ];
  static override enableJsonFlag = true;
  static override strict = false;
  static override args = {
    unit: Args.string({ description: 'Units of the platform, an app or your own; router@* too.' }),
  };

  async run(): Promise<Overview | undefined> {
    const { args, argv, flags } = await this.parse(Status);
    const cluster = await this.openCluster(flags);
    if (args.unit === undefined) {
      const { readOverview } = await import('../views/read-overview.ts');
      const records = await readOverview(cluster.registry, this.signal);
      const view = overview(records);
      const refused = records.scheduler.get('refused')?.count;
      for (const line of overviewText(view, refused)) this.log(line);
      return view;
    }
    const { unitStatus } = await import('../machines/ask-agent.ts');
    this.log(await unitStatus(cluster, argv as string[], this.signal));
    return undefined;
  }
}
