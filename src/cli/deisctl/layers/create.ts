// deisctl layers create

import { Args, Flags } from '@oclif/core';
import type { Layer } from '../../../model/formation.ts';
import { MachineCommand } from '../nodes/command.ts';

export const PLANE_FLAGS = {
  runtime: Flags.boolean({ description: 'Its machines run containers of apps.', allowNo: true }),
  proxy: Flags.boolean({ description: 'Its machines run routers.', allowNo: true }),
  control: Flags.boolean({
    description: 'Its machines run the other parts of the platform.',
    allowNo: true,
  }),
};

/** Without those that were not given. */
export function planesOf(flags: {
  runtime?: boolean;
  proxy?: boolean;
  control?: boolean;
}): Partial<Record<'runtime' | 'proxy' | 'control', boolean>> {
  const { runtime, proxy, control } = flags;
  const given = Object.entries({ runtime, proxy, control });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

export default class LayersCreate extends MachineCommand {
  static override summary = 'Make a layer: machines of a formation that are alike.';
  static override description =
    'A layer called runtime, proxy or control runs that. The default formation may have layers, too.';
  static override examples = [
    '<%= config.bin %> layers create shop runtime --flavor=local',
    '<%= config.bin %> layers create shop edge --proxy',
    '<%= config.bin %> layers create default all --runtime --proxy --control',
  ];
  static override enableJsonFlag = true;
  static override args = {
    formation: Args.string({ required: true, description: 'Formation it belongs to.' }),
    id: Args.string({ required: true, description: 'Its name.' }),
  };
  static override flags = {
    flavor: Flags.string({ description: 'What new machines are made from.', default: '' }),
    ...PLANE_FLAGS,
  };

  async run(): Promise<Layer> {
    const { args, flags } = await this.parse(LayersCreate);
    const [
      { createRecord, formationCalled, newLayer, placeThere },
      { flavorCalled, flavorThere },
      { keys },
    ] = await Promise.all([
      import('../../formations/records.ts'),
      import('../../formations/providers.ts'),
      import('../../../registry/keys.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    await formationCalled(registry, args.formation, this.signal);
    const { flavor } = flags;
    if (flavor !== '') await flavorCalled(registry, flavor, this.signal);
    const created = new Date().toISOString();
    const layer = newLayer(args.formation, args.id, { flavor, planes: planesOf(flags), created });
    const ids = [args.formation, args.id];
    const needs = [
      ...(await placeThere(registry, { formation: args.formation, layer: '' }, this.signal)),
      ...(await flavorThere(registry, flavor, this.signal)),
    ];
    await createRecord(registry, 'layer', keys.layers, ids, layer, this.signal, needs);
    this.log(`${args.formation}  ${args.id}`);
    return layer;
  }
}
