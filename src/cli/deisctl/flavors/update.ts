// deisctl flavors update

import { Args } from '@oclif/core';
import type { Flavor } from '../../../model/formation.ts';
import { MachineCommand, pairs } from '../nodes/command.ts';
import { changedParams, PARAMS_TO_CHANGE } from './params.ts';

export default class FlavorsUpdate extends MachineCommand {
  static override summary =
    'Change what machines of a flavor will be; those that exist stay as they are.';
  static override examples = ['<%= config.bin %> flavors update shed --params hosts=10.0.0.9'];
  static override enableJsonFlag = true;
  static override args = { id: Args.string({ required: true, description: 'Its name.' }) };
  static override flags = PARAMS_TO_CHANGE;

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
    const change = (flavor: Flavor): Flavor => ({
      ...flavor,
      params: changedParams(flavor.params, given),
    });
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
