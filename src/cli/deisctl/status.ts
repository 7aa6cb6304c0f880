// deisctl status

import { BaseCommand } from '../base.ts';
import { type Overview, overview, overviewText } from '../views/overview.ts';

export default class Status extends BaseCommand {
  static override summary = 'Show how the cluster is.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];
  static override enableJsonFlag = true;

  async run(): Promise<Overview> {
    const { flags } = await this.parse(Status);
    const cluster = await this.openCluster(flags);
    const { readOverview } = await import('../views/read-overview.ts');
    const records = await readOverview(cluster.registry, this.signal);
    const view = overview(records);
    const refused = records.scheduler.get('refused')?.count;
    for (const line of overviewText(view, refused)) this.log(line);
    return view;
  }
}
