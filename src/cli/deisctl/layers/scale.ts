// deisctl layers scale

import { Args, Flags } from '@oclif/core';
import { DEFAULT_FORMATION } from '../../../model/formation.ts';
import { PATIENCE, timeoutFlag } from '../../waiting-flags.ts';
import { MachineCommand } from '../nodes/command.ts';

export default class LayersScale extends MachineCommand {
  static override summary = 'Make or remove machines of a layer.';
  static override description =
    'New machines are made from the layer’s flavor. The oldest go first, each emptied before the next: new before old, no request is lost.';
  static override usage = ['layers scale [FORMATION] LAYER=NUMBER...'];
  static override examples = [
    '<%= config.bin %> layers scale runtime=5',
    '<%= config.bin %> layers scale shop runtime=3 proxy=2',
  ];
  static override strict = false;
  static override args = {
    target: Args.string({ required: true, description: 'LAYER=NUMBER; before it, a formation.' }),
  };
  static override flags = {
    formation: Flags.string({ description: 'Formation of the layers.' }),
    ...timeoutFlag(180, 'Seconds to wait for each router.'),
    ...PATIENCE,
  };

  /** Also under the name `nodes scale`, whose flags are then the ones that were typed. */
  async run(): Promise<void> {
    const { argv, flags } = await this.parse(this.ctor as typeof LayersScale);
    const words = argv as string[];
    const named = words[0]!.includes('=') ? undefined : words.shift();
    const formation = named ?? flags.formation ?? DEFAULT_FORMATION;
    const { parseScale, scaleLayer } = await import('../../nodes/scale.ts');
    const wishes = parseScale(words, formation);
    if (wishes.length === 0) this.error('layers scale needs LAYER=NUMBER', { exit: 2 });
    const around = await this.surroundings(flags);
    const operation = await this.operation(flags);
    for (const wish of wishes) {
      await scaleLayer(operation, around, wish, { patience: flags.patience * 1000 }, this.signal);
    }
  }
}
