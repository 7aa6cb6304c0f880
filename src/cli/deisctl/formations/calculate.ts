// deisctl formations calculate

import { Args } from '@oclif/core';
import { DEFAULT_FORMATION } from '../../../model/formation.ts';
import { MachineCommand } from '../nodes/command.ts';

export default class FormationsCalculate extends MachineCommand {
  static override summary = 'Print what a formation is to be: nodes, apps, containers, routes.';
  static override description =
    'JSON with sorted keys and without times: the same state gives the same text.';
  static override examples = [
    '<%= config.bin %> formations calculate',
    '<%= config.bin %> formations calculate shop',
  ];
  static override args = {
    id: Args.string({ description: 'The formation.', default: DEFAULT_FORMATION }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(FormationsCalculate);
    const [{ calculate }, { readFormation }] = await Promise.all([
      import('../../formations/calculate.ts'),
      import('../../formations/facts.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    this.log(calculate(await readFormation(registry, args.id, this.signal)));
  }
}
