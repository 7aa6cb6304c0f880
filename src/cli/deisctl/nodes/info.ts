// deisctl nodes info

import { Args } from '@oclif/core';
import type { Node } from '../../../model/formation.ts';
import { MachineCommand } from './command.ts';

export default class NodesInfo extends MachineCommand {
  static override summary = 'Show all that is recorded of a node.';
  static override examples = ['<%= config.bin %> nodes info deis-4'];
  static override enableJsonFlag = true;
  static override args = {
    node: Args.string({ required: true, description: 'Name or address of the node.' }),
  };

  async run(): Promise<Node> {
    const { args, flags } = await this.parse(NodesInfo);
    const { nodeCalled } = await import('../../nodes/list.ts');
    const { registry } = await this.openCluster(flags);
    const node = await nodeCalled(registry, args.node, this.signal);
    this.log(JSON.stringify(node, undefined, 2));
    return node;
  }
}
