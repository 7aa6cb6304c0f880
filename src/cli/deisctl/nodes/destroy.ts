// deisctl nodes destroy

import { Args, Flags } from '@oclif/core';
import { PATIENCE } from '../../waiting-flags.ts';
import { MachineCommand } from './command.ts';

export default class NodesDestroy extends MachineCommand {
  static override summary = 'Take a machine out of the cluster and leave the host as it was.';
  static override description =
    'What runs there moves first, new before old. A host that joined gets back every file that was replaced; a machine that was made is removed.';
  static override examples = [
    '<%= config.bin %> nodes destroy deis-4',
    '<%= config.bin %> nodes destroy deis-4 --gone',
  ];
  static override args = {
    node: Args.string({ required: true, description: 'Name or address of the node.' }),
  };
  static override flags = {
    ...PATIENCE,
    gone: Flags.boolean({ description: 'The machine is gone for good: only forget it.' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodesDestroy);
    const [{ nodeCalled }, { destroyNode }, { ensureRouters }] = await Promise.all([
      import('../../nodes/list.ts'),
      import('../../nodes/destroy.ts'),
      import('../../formations/routers.ts'),
    ]);
    const around = await this.surroundings(flags);
    const operation = await this.operation(flags);
    const node = await nodeCalled(around.registry, args.node, this.signal);
    const options = { patience: flags.patience * 1000, gone: flags.gone };
    await destroyNode(node, around, operation, options, this.signal);
    await ensureRouters(operation, node.formation, this.signal);
    this.log(`${node.id} is gone`);
  }
}
