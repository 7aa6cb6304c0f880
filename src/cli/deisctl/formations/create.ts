// deisctl formations create

import { Args, Flags } from '@oclif/core';
import type { Formation } from '../../../model/formation.ts';
import { MachineCommand } from '../nodes/command.ts';

export default class FormationsCreate extends MachineCommand {
  static override summary = 'Make a formation: a pool of machines with its own domain and routers.';
  static override description =
    'Then give it layers, and the layers machines. Apps come into it by `deis create --formation`.';
  static override examples = [
    '<%= config.bin %> formations create shop --domain=shop.example.com',
    '<%= config.bin %> layers create shop runtime --flavor=local',
  ];
  static override enableJsonFlag = true;
  static override args = { id: Args.string({ required: true, description: 'Its name.' }) };
  static override flags = {
    domain: Flags.string({ required: true, description: 'Its apps are served at <app>.<domain>.' }),
  };

  async run(): Promise<Formation> {
    const { args, flags } = await this.parse(FormationsCreate);
    const [{ createRecord }, domains, { keys }, { DEFAULT_FORMATION }, { DeisError }] =
      await Promise.all([
        import('../../formations/records.ts'),
        import('../../formations/domains.ts'),
        import('../../../registry/keys.ts'),
        import('../../../model/formation.ts'),
        import('../../../model/errors.ts'),
      ]);
    const { id } = args;
    if (id === DEFAULT_FORMATION) {
      throw new DeisError('conflict', 'the default formation is always there');
    }
    const { registry } = await this.openCluster(flags);
    const domain = flags.domain.toLowerCase();
    await domains.requireFreeDomain(registry, id, domain, this.signal);
    const value = { id, domain, created: new Date().toISOString() };
    await createRecord(registry, 'formation', keys.formations, [id], value, this.signal);
    await domains.keepDomain(registry, id, undefined, this.signal);
    this.log(`${id}  ${domain}`);
    return value;
  }
}
