// deisctl layers update

import { Args, Flags } from '@oclif/core';
import type { Layer } from '../../../model/formation.ts';
import { MachineCommand } from '../nodes/command.ts';

export default class LayersUpdate extends MachineCommand {
  static override summary = 'Change what new machines of a layer are made from.';
  static override description =
    'What a layer may run is fixed: make another one and move its machines there with `nodes update`.';
  static override examples = ['<%= config.bin %> layers update shop runtime --flavor=large'];
  static override enableJsonFlag = true;
  static override args = {
    formation: Args.string({ required: true, description: 'Formation it belongs to.' }),
    id: Args.string({ required: true, description: 'Its name.' }),
  };
  static override flags = {
    flavor: Flags.string({ required: true, description: 'What new machines are made from.' }),
  };

  async run(): Promise<Layer> {
    const { args, flags } = await this.parse(LayersUpdate);
    const [{ changeRecord, formationCalled }, { flavorCalled, flavorThere }, { keys }] =
      await Promise.all([
        import('../../formations/records.ts'),
        import('../../formations/providers.ts'),
        import('../../../registry/keys.ts'),
      ]);
    const { registry } = await this.openCluster(flags);
    await formationCalled(registry, args.formation, this.signal);
    const { flavor } = flags;
    await flavorCalled(registry, flavor, this.signal);
    const change = (layer: Layer): Layer => ({ ...layer, flavor });
    const ids = [args.formation, args.id];
    const needs = await flavorThere(registry, flavor, this.signal);
    const layer = await changeRecord(
      registry,
      'layer',
      keys.layers,
      ids,
      change,
      this.signal,
      needs,
    );
    this.log(`${ids.join(' ')}  ${flavor}`);
    return layer;
  }
}
