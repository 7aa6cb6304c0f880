// deisctl providers update

import { Args } from '@oclif/core';
import type { Provider } from '../../../model/formation.ts';
import { MachineCommand, pairs } from '../nodes/command.ts';
import { changedParams, PARAMS_TO_CHANGE } from '../flavors/params.ts';

export default class ProvidersUpdate extends MachineCommand {
  static override summary = 'Change what a provider tells all its flavors.';
  static override examples = ['<%= config.bin %> providers update rack --params user=core'];
  static override enableJsonFlag = true;
  static override args = { id: Args.string({ required: true, description: 'Its name.' }) };
  static override flags = PARAMS_TO_CHANGE;

  async run(): Promise<Provider> {
    const { args, flags } = await this.parse(ProvidersUpdate);
    const [{ changeRecord }, { requireType }, { keys }] = await Promise.all([
      import('../../formations/records.ts'),
      import('../../formations/providers.ts'),
      import('../../../registry/keys.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    const given = pairs(flags.params, '--params user=core');
    const change = (before: Provider): Provider => {
      const params = changedParams(before.params, given);
      requireType(before.type).check(params);
      return { ...before, params };
    };
    const family = keys.providers;
    const value = await changeRecord(registry, 'provider', family, [args.id], change, this.signal);
    this.log(`${value.id}  ${value.type}`);
    return value;
  }
}
