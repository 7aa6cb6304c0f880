// deisctl disk

import { BaseCommand } from '../base.ts';
import { type DiskRow, diskLines } from '../views/disk.ts';

export default class Disk extends BaseCommand {
  static override summary = 'Show what the disks of the machines hold, and what would go.';
  static override description =
    "OURS must stay, SPARE can be had again and goes when the disk is full, OTHERS are not the platform's and are never touched. --json has the reason for everything. Settings: deisctl config platform set keepReleases=10 diskHigh=80 diskLow=70 garbageGrace=3600 garbageEvery=600.";
  static override examples = ['<%= config.bin %> disk', '<%= config.bin %> disk --json'];
  static override enableJsonFlag = true;

  async run(): Promise<DiskRow[]> {
    const { flags } = await this.parse(Disk);
    const { readDisks } = await import('../machines/disks.ts');
    const rows = await readDisks(await this.openCluster(flags), this.signal);
    for (const line of diskLines(rows)) this.log(line);
    return rows;
  }
}
