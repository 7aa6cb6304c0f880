// deisctl contexts use

import { Args } from '@oclif/core';
import { BaseCommand } from '../../base.ts';

export default class ContextsUse extends BaseCommand {
  static override summary = 'Make a cluster the one that commands are about when they do not say.';
  static override examples = ['<%= config.bin %> contexts use prod'];
  static override args = {
    name: Args.string({ required: true, description: 'A context, or a local cluster.' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(ContextsUse);
    const { useContext } = await import('../../contexts/contexts.ts');
    await useContext(args.name);
    this.log(`${args.name}: current`);
  }
}
