// Which machine may run what, by formation and layer; numbers and labels of nodes.

import t from 'tap';
import { CONSTRAINTS, type MachineView } from '../../src/model/constraints.ts';
import {
  groupIdProblem,
  labelsOf,
  type Layer,
  nextNumber,
  nodeId,
  placeProblem,
} from '../../src/model/formation.ts';
import { demandOf } from '../../src/model/requirements.ts';
import type { WantedUnit } from '../../src/model/unit.ts';

const layer = (id: string, formation: string, planes: Partial<Layer>): Layer => ({
  id,
  formation,
  flavor: '',
  runtime: false,
  proxy: false,
  control: false,
  created: '',
  ...planes,
});
const PLACES: Record<string, Record<string, string>> = {
  plain: labelsOf('default', undefined),
  planes: labelsOf('default', layer('runtime', 'default', { runtime: true })),
  shop: labelsOf('shop', undefined),
  shopRuntime: labelsOf('shop', layer('runtime', 'shop', { runtime: true })),
  shopProxy: labelsOf('shop', layer('proxy', 'shop', { proxy: true })),
  shopControl: labelsOf('shop', layer('control', 'shop', { control: true })),
};
const unit = (name: string, kind: WantedUnit['kind'], formation?: string): WantedUnit => ({
  name,
  kind,
  desired: 'launched',
  restarts: 0,
  options:
    formation === undefined ? [] : [{ section: 'X-Deis', name: 'Formation', value: formation }],
});

t.test('where each kind of unit may run', async (t) => {
  const rows: [string, WantedUnit, string[]][] = [
    ['an app of the default formation', unit('a_v1.web.1.service', 'app'), ['plain', 'planes']],
    ['an app of shop', unit('b_v1.web.1.service', 'app', 'shop'), ['shop', 'shopRuntime']],
    ['a router', unit('deis-router@1.service', 'platform'), ['plain']],
    ["shop's router", unit('deis-router@1001.service', 'platform', 'shop'), ['shop', 'shopProxy']],
    ['a controller', unit('deis-controller@1.service', 'platform'), ['plain', 'shopControl']],
    ['a foreign unit', unit('x.service', 'foreign'), Object.keys(PLACES)],
  ];
  const row = CONSTRAINTS.find(({ name }) => name === 'Formation')!;
  for (const [what, wanted, places] of rows) {
    const fitting = Object.keys(PLACES).filter((place) => {
      const machine = { metadata: PLACES[place]! } as unknown as MachineView;
      return row.problem(demandOf(wanted), machine, undefined as never) === undefined;
    });
    t.strictSame(fitting, places, what);
  }
});

t.test('the reasons are sentences', async (t) => {
  const app = { formation: 'default', plane: 'runtime' as const };
  t.equal(
    placeProblem(app, PLACES['shop']!),
    'it belongs to formation default, the machine to shop',
  );
  t.equal(
    placeProblem({ formation: 'shop', plane: 'runtime' }, PLACES['shopProxy']!),
    "the machine's layer proxy is no runtime layer",
  );
});

t.test("labels of operators who use Deis v1's planes without layers bind nobody", async (t) => {
  const labels = { controlPlane: 'true', dataPlane: 'false' };
  t.equal(placeProblem({ formation: 'default', plane: 'runtime' }, labels), undefined);
});

t.test('numbers count up, also after the newest but one has gone', async (t) => {
  const nodes = [1, 3].map((number) => ({ formation: 'shop', layer: 'runtime', number }));
  t.equal(nextNumber(nodes, 'shop', 'runtime'), 4);
  t.equal(nextNumber(nodes, 'shop', 'proxy'), 1);
  t.equal(nodeId('shop', 'runtime', 4), 'shop-runtime-4');
});

t.test('names of formations and layers', async (t) => {
  for (const good of ['a', 'shop-2']) t.equal(groupIdProblem('layer', good), undefined);
  for (const bad of ['', 'A', '2x', 'x-', 'a b', 'a/b', 'x'.repeat(31), '../x']) {
    t.type(groupIdProblem('layer', bad), 'string', bad);
  }
});
