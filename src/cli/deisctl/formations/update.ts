// deisctl formations update

import { Args, Flags } from '@oclif/core';
import { DeisError } from '../../../model/errors.ts';
import { DEFAULT_FORMATION, type Formation } from '../../../model/formation.ts';
import { MachineCommand } from '../nodes/command.ts';

export default class FormationsUpdate extends MachineCommand {
  static override summary = 'Change the domain of a formation.';
  static override examples = ['<%= config.bin %> formations update shop --domain=shop.example.org'];
  static override enableJsonFlag = true;
  static override args = { id: Args.string({ required: true, description: 'Its name.' }) };
  static override flags = {
    domain: Flags.string({ required: true, description: 'Its apps are served at <app>.<domain>.' }),
  };

  async run(): Promise<Formation> {
    const { args, flags } = await this.parse(FormationsUpdate);
    const [{ changeRecord, mustGet }, { keepDomain, requireFreeDomain }, { keys }] =
      await Promise.all([
        import('../../formations/records.ts'),
        import('../../formations/domains.ts'),
        import('../../../registry/keys.ts'),
      ]);
    if (args.id === DEFAULT_FORMATION) {
      throw new DeisError(
        'conflict',
        'the default formation has the domain of the platform',
        'Change that: deisctl config platform set domain=<domain>',
      );
    }
    const { registry } = await this.openCluster(flags);
    const family = keys.formations;
    const before = await mustGet(registry, 'formation', family, [args.id], this.signal);
    const domain = flags.domain.toLowerCase();
    await requireFreeDomain(registry, args.id, domain, this.signal);
    const change = (value: Formation): Formation => ({ ...value, domain });
    const value = await changeRecord(registry, 'formation', family, [args.id], change, this.signal);
    await keepDomain(registry, args.id, before, this.signal);
    this.log(`${value.id}  ${domain}`);
    return value;
  }
}
