// deisctl flavors create

import { Args, Flags } from '@oclif/core';
import type { Flavor } from '../../../model/formation.ts';
import { MachineCommand, pairs } from '../nodes/command.ts';

export default class FlavorsCreate extends MachineCommand {
  static override summary = 'Make a flavor: a template for machines.';
  static override examples = [
    '<%= config.bin %> flavors create shed --provider=ssh --params hosts=10.0.0.7,10.0.0.8',
  ];
  static override enableJsonFlag = true;
  static override args = { id: Args.string({ required: true, description: 'Its name.' }) };
  static override flags = {
    provider: Flags.string({ required: true, description: 'Who makes its machines.' }),
    params: Flags.string({
      description: 'NAME=VALUE that the provider knows; may be repeated.',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  async run(): Promise<Flavor> {
    const { args, flags } = await this.parse(FlavorsCreate);
    const [{ createRecord, stillThere }, { providerCalled }, { keys }, { PROVIDERS }] =
      await Promise.all([
        import('../../formations/records.ts'),
        import('../../formations/providers.ts'),
        import('../../../registry/keys.ts'),
        import('../../../machines/providers/providers.ts'),
      ]);
    const { registry } = await this.openCluster(flags);
    const { id } = args;
    const params = pairs(flags.params ?? [], '--params size=2G');
    const provider = await providerCalled(registry, flags.provider, this.signal);
    provider.check(params);
    const value = { id, provider: flags.provider, params, created: new Date().toISOString() };
    const needs = await stillThere(
      registry,
      'provider',
      keys.providers,
      [flags.provider],
      Object.keys(PROVIDERS),
      this.signal,
    );
    await createRecord(registry, 'flavor', keys.flavors, [id], value, this.signal, needs);
    this.log(`${id}  ${flags.provider}`);
    return value;
  }
}
