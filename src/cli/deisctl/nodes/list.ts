// deisctl nodes list

import { Args } from '@oclif/core';
import { type NodeRow } from '../../nodes/list.ts';
import { MachineCommand } from './command.ts';

export default class NodesList extends MachineCommand {
  static override summary = 'List the machines with their formations and layers.';
  static override examples = [
    '<%= config.bin %> nodes list',
    '<%= config.bin %> nodes list shop --json',
  ];
  static override enableJsonFlag = true;
  static override args = {
    formation: Args.string({ description: 'Only those of this formation.' }),
  };

  async run(): Promise<NodeRow[]> {
    const { args, flags } = await this.parse(NodesList);
    const [{ nodeTable, readNodes }, { formationCalled }] = await Promise.all([
      import('../../nodes/list.ts'),
      import('../../formations/records.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    if (args.formation !== undefined) await formationCalled(registry, args.formation, this.signal);
    const all = await readNodes(registry, this.signal);
    const rows = all.filter((row) => [undefined, row.formation].includes(args.formation));
    for (const line of nodeTable(rows)) this.log(line);
    return rows;
  }
}
