// deisctl flavors update

import { Args, Flags } from '@oclif/core';
import type { Flavor } from '../../../model/formation.ts';
import { MachineCommand, pairs } from '../nodes/command.ts';

export default class FlavorsUpdate extends MachineCommand {
  static override summary =
    'Change what machines of a flavor will be; those that exist stay as they are.';
  static override examples = ['<%= config.bin %> flavors update shed --params hosts=10.0.0.9'];
  static override enableJsonFlag = true;
  static override args = { id: Args.string({ required: true, description: 'Its name.' }) };
  static override flags = {
    params: Flags.string({
      required: true,
      description: 'NAME=VALUE that the provider knows; an empty value takes one away.',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  async run(): Promise<Flavor> {
    const { args, flags } = await this.parse(FlavorsUpdate);
    const [{ changeRecord, mustGet }, { providerCalled }, { keys }] = await Promise.all([
      import('../../formations/records.ts'),
      import('../../formations/providers.ts'),
      import('../../../registry/keys.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    const given = pairs(flags.params, '--params size=2G');
    const before = await mustGet(registry, 'flavor', keys.flavors, [args.id], this.signal);
    const provider = await providerCalled(registry, before.provider, this.signal);
    const change = (flavor: Flavor): Flavor => {
      const params = Object.entries({ ...flavor.params, ...given }).filter(
        ([, text]) => text !== '',
      );
      return { ...flavor, params: Object.fromEntries(params) };
    };
    provider.check(change(before).params);
    const value = await changeRecord(
      registry,
      'flavor',
      keys.flavors,
      [args.id],
      change,
      this.signal,
    );
    this.log(`${value.id}  ${value.provider}`);
    return value;
  }
}
