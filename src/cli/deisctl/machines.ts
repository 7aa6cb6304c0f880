// deisctl machines

import { BaseCommand } from '../base.ts';
import { type MachineRow, machineTable } from '../views/machines.ts';

export default class Machines extends BaseCommand {
  static override summary = 'List the machines of the cluster.';
  static override description =
    'STATE is ready, silent (no heartbeat), lost (its units were placed elsewhere), cordoned or draining.';
  static override examples = ['<%= config.bin %> machines', '<%= config.bin %> machines --json'];
  static override enableJsonFlag = true;

  async run(): Promise<MachineRow[]> {
    const { flags } = await this.parse(Machines);
    const { readMachines } = await import('../views/read.ts');
    const cluster = await this.openCluster(flags);
    const rows = await readMachines(cluster.registry, this.signal);
    for (const line of machineTable(rows)) this.log(line);
    return rows;
  }
}
