// deisctl nodes update

import { Args, Flags } from '@oclif/core';
import { PATIENCE } from '../../waiting-flags.ts';
import { MachineCommand } from './command.ts';

export default class NodesUpdate extends MachineCommand {
  static override summary = 'Move a machine to another formation or layer.';
  static override description =
    'What runs there moves first, new before old; then the machine gets its new labels and takes work again.';
  static override examples = [
    '<%= config.bin %> nodes update deis-3 --formation=shop --layer=runtime',
    '<%= config.bin %> nodes update deis-3 --formation=default --layer=none',
  ];
  static override args = {
    node: Args.string({ required: true, description: 'Name or address of the node.' }),
  };
  static override flags = {
    formation: Flags.string({ description: 'Formation to move to (the one it is in).' }),
    layer: Flags.string({ required: true, description: 'Layer to move to; none: no layer.' }),
    ...PATIENCE,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodesUpdate);
    const [{ nodeCalled }, { moveNode }, { machineCalled }] = await Promise.all([
      import('../../nodes/list.ts'),
      import('../../nodes/move.ts'),
      import('../../machines/orders.ts'),
    ]);
    const operation = await this.operation(flags);
    const node = await nodeCalled(operation.registry, args.node, this.signal);
    const machine = await machineCalled(operation.registry, node.machine, this.signal);
    const place = {
      formation: flags.formation ?? node.formation,
      layer: flags.layer === 'none' ? '' : flags.layer,
      patience: flags.patience * 1000,
    };
    const moved = await moveNode(operation, node, machine, place, this.signal);
    this.log(`${moved.id}  ${moved.formation}  ${moved.layer || '-'}`);
  }
}
