// deisctl list

import { Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import { type UnitRow, unitTable } from '../views/units.ts';

export default class List extends BaseCommand {
  static override summary = 'List the platform’s units: where each one is and how it is.';
  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list --all',
    '<%= config.bin %> list --json',
  ];
  static override enableJsonFlag = true;
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'Also units of apps and submitted units.' }),
  };

  async run(): Promise<UnitRow[]> {
    const { flags } = await this.parse(List);
    const { readUnits } = await import('../views/read.ts');
    const cluster = await this.openCluster(flags);
    const { rows, machines } = await readUnits(cluster.registry, flags.all, this.signal);
    for (const line of unitTable(rows, machines)) this.log(line);
    return rows;
  }
}
