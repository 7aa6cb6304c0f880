// deisctl contexts rm

import { Args } from '@oclif/core';
import { BaseCommand } from '../../base.ts';

export default class ContextsRemove extends BaseCommand {
  static override summary = 'Forget the name of a cluster; the cluster itself stays as it is.';
  static override examples = ['<%= config.bin %> contexts rm prod'];
  static override aliases = ['contexts:remove'];
  static override args = {
    name: Args.string({ required: true, description: 'A context that was added.' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(ContextsRemove);
    const { removeContext } = await import('../../contexts/contexts.ts');
    await removeContext(args.name);
    this.log(`${args.name}: removed`);
  }
}
