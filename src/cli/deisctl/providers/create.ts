// deisctl providers create

import { Args, Flags } from '@oclif/core';
import type { Provider } from '../../../model/formation.ts';
import { MachineCommand, pairs } from '../nodes/command.ts';

export default class ProvidersCreate extends MachineCommand {
  static override summary = 'Make a provider: where machines come from.';
  static override description =
    'Each type of provider is one by itself, under its own name: local, ssh. Make more for what all flavors of one share.';
  static override examples = [
    '<%= config.bin %> providers create rack --type=ssh --params user=core --params key=/root/.ssh/rack',
  ];
  static override enableJsonFlag = true;
  static override args = { id: Args.string({ required: true, description: 'Its name.' }) };
  static override flags = {
    type: Flags.string({ required: true, description: 'local, ssh.' }),
    params: Flags.string({
      description: 'NAME=VALUE for all its flavors; may be repeated.',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  async run(): Promise<Provider> {
    const { args, flags } = await this.parse(ProvidersCreate);
    const [{ createRecord }, { requireType }, { keys }] = await Promise.all([
      import('../../formations/records.ts'),
      import('../../formations/providers.ts'),
      import('../../../registry/keys.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    const { id } = args;
    const params = pairs(flags.params ?? [], '--params user=core');
    requireType(flags.type).check(params);
    const value = { id, type: flags.type, params, created: new Date().toISOString() };
    await createRecord(registry, 'provider', keys.providers, [id], value, this.signal);
    this.log(`${id}  ${flags.type}`);
    return value;
  }
}
