// deisctl contexts add

import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base.ts';

export default class ContextsAdd extends BaseCommand {
  static override summary = 'Give a cluster a name: the global flags given here are kept under it.';
  static override examples = [
    '<%= config.bin %> contexts add prod --tunnel=core@prod-1.example.com',
    '<%= config.bin %> contexts add lab --endpoint=https://10.0.0.11:2379 --etcd-cafile=ca.crt --etcd-certfile=me.crt --etcd-keyfile=me.key --use',
  ];
  static override args = {
    name: Args.string({ required: true, description: 'What -C and DEISCTL_CLUSTER will say.' }),
  };
  static override flags = {
    force: Flags.boolean({ description: 'Replace one of the same name.' }),
    use: Flags.boolean({ description: 'Make it the current one.' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContextsAdd);
    const { addContext, useContext } = await import('../../contexts/contexts.ts');
    await addContext(args.name, flags, flags.force);
    if (flags.use) await useContext(args.name);
    this.log(`${args.name}: added${flags.use ? ', current' : ''}`);
  }
}
