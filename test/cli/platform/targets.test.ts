// Which units an operator's words mean.

import t from 'tap';
import {
  instancesOf,
  parseTargets,
  unitsToAct,
  unitsToInstall,
} from '../../../src/cli/platform/targets.ts';
import { planScale, parseScale } from '../../../src/cli/platform/scale-plan.ts';
import { waves } from '../../../src/cli/platform/order.ts';
import type { Component } from '../../../src/model/components.ts';

const COMPONENTS: Component[] = [
  { name: 'registry', scalable: true, instances: 2, plane: 'Storage subsystem' },
  { name: 'router', scalable: true, instances: 1, plane: 'Router mesh' },
  { name: 'controller', scalable: true, instances: 1, plane: 'Control plane' },
  { name: 'builder', scalable: false, instances: 1, plane: 'Control plane' },
];
const INSTALLED = [
  'deis-builder.service',
  'deis-controller@1.service',
  'deis-router@1.service',
  'deis-router@2.service',
  'deis-router@10.service',
];

function targets(words: string) {
  const parsed = parseTargets(words.split(' '), COMPONENTS);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.targets;
}

function refused(words: string): string {
  const parsed = parseTargets(words.split(' '), COMPONENTS);
  return 'problem' in parsed ? `${parsed.problem} | ${parsed.hint}` : 'accepted';
}

void t.test('acting on installed units', async (t) => {
  const cases: [string, string[]][] = [
    ['router', ['deis-router@1.service', 'deis-router@2.service', 'deis-router@10.service']],
    ['router@*', ['deis-router@1.service', 'deis-router@2.service', 'deis-router@10.service']],
    ['router@2', ['deis-router@2.service']],
    ['deis-router@2', ['deis-router@2.service']],
    ['deis-router@2.service', ['deis-router@2.service']],
    ['router@2 router@2 builder', ['deis-router@2.service', 'deis-builder.service']],
    ['registry', []],
    [
      'platform',
      [
        'deis-router@1.service',
        'deis-router@2.service',
        'deis-router@10.service',
        'deis-controller@1.service',
        'deis-builder.service',
      ],
    ],
  ];
  for (const [words, expected] of cases) {
    t.strictSame(unitsToAct(targets(words), INSTALLED), { units: expected }, words);
  }
  t.match(unitsToAct(targets('router@3'), INSTALLED), {
    problem: 'deis-router@3.service is not installed',
    hint: /deisctl install router@3/,
  });
});

void t.test('installing: the usual count of what is missing, nothing twice', async (t) => {
  t.strictSame(unitsToInstall(targets('registry'), [], 3), [
    'deis-registry@1.service',
    'deis-registry@2.service',
  ]);
  t.strictSame(unitsToInstall(targets('registry'), [], 1), ['deis-registry@1.service']);
  t.strictSame(unitsToInstall(targets('builder'), [], 3), ['deis-builder.service']);
  t.strictSame(unitsToInstall(targets('router@7'), INSTALLED, 3), ['deis-router@7.service']);
  const whole = unitsToInstall(targets('platform'), INSTALLED, 3);
  t.strictSame(whole, [
    'deis-registry@1.service',
    'deis-registry@2.service',
    'deis-router@1.service',
    'deis-router@2.service',
    'deis-router@10.service',
    'deis-controller@1.service',
    'deis-builder.service',
  ]);
});

void t.test('words that mean nothing are refused with a way out', async (t) => {
  t.match(refused('ruoter'), /no component "ruoter" \| Did you mean "router"\?/);
  t.match(refused('xyz'), /Components: platform, registry, router, controller, builder/);
  t.match(refused('builder@2'), /only one instance/);
  for (const word of ['router@0', 'router@-1', 'router@1x', 'router@', '../x', 'router;rm', '']) {
    t.not(refused(word), 'accepted', word);
  }
});

void t.test('instances are numbers in order', async (t) => {
  t.strictSame(instancesOf('router', INSTALLED), [1, 2, 10]);
  t.strictSame(instancesOf('builder', INSTALLED), [0]);
  t.strictSame(instancesOf('rout', INSTALLED), []);
});

void t.test('waves: planes in start order, reversed to go down', async (t) => {
  const text = (direction: 'up' | 'down') =>
    waves(INSTALLED, COMPONENTS, direction).map(
      ({ plane, units }) =>
        `${plane}: ${units.map((unit) => unit.replace('.service', '')).join(' ')}`,
    );
  t.strictSame(text('up'), [
    'Router mesh: deis-router@1 deis-router@2 deis-router@10',
    'Control plane: deis-controller@1 deis-builder',
  ]);
  t.strictSame(text('down'), [
    'Control plane: deis-builder deis-controller@1',
    'Router mesh: deis-router@1 deis-router@2 deis-router@10',
  ]);
});

void t.test('scaling fills gaps, and the highest numbers go first', async (t) => {
  const router = COMPONENTS[1]!;
  const plan = (count: number) => planScale({ component: router, count }, INSTALLED);
  t.strictSame(plan(3), { add: [], remove: [] });
  t.strictSame(plan(5), { add: ['deis-router@3.service', 'deis-router@4.service'], remove: [] });
  t.strictSame(plan(1), { add: [], remove: ['deis-router@10.service', 'deis-router@2.service'] });
  t.strictSame(plan(0).remove.length, 3);
});

void t.test('scale requests', async (t) => {
  const parsed = parseScale(['router=3', 'deis-registry=0'], COMPONENTS);
  t.match(parsed, { requests: [{ component: { name: 'router' }, count: 3 }, { count: 0 }] });
  const problem = (word: string) => {
    const refusal = parseScale([word], COMPONENTS);
    return 'problem' in refusal ? refusal.problem : 'accepted';
  };
  t.equal(problem('builder=2'), 'cannot scale builder component');
  t.equal(problem('nobody=2'), 'cannot scale nobody component');
  t.equal(problem('router'), '"router" is not <component>=<number>');
  t.match(problem('router=-1'), /0 to 255/);
  t.match(problem('router=256'), /0 to 255/);
  t.match(problem('router=3x'), /0 to 255/);
  t.match(problem('router='), /0 to 255/);
});

void t.test(
  'components of Deis v1 that are none any more are refused with what has their work now',
  async (t) => {
    const cases: [string, RegExp][] = [
      ['store-monitor', /was a part of Deis v1 .* no Ceph any more/],
      ['store-gateway@1', /s3bucket/],
      ['deis-database', /etcd/],
      ['publisher', /deisd/],
      ['logspout', /deisctl install logger/],
      ['swarm', /scheduler/],
      ['mesos', /scheduler/],
      ['zookeeper', /scheduler/],
      ['stroe-monitor', /there is no component/],
      ['toString', /there is no component/],
    ];
    for (const [word, expected] of cases) t.match(refused(word), expected, word);
    const scaled = parseScale(['store-gateway=2'], COMPONENTS);
    t.match(scaled, { problem: 'cannot scale store-gateway component', hint: /Ceph/ });
  },
);

void t.test('stateless-platform is the platform', async (t) => {
  t.strictSame(targets('stateless-platform'), targets('platform'));
});

void t.test("a number of routers of one's own", async (t) => {
  const units = unitsToInstall(targets('platform'), [], 3, { router: 3 });
  t.equal(units.filter((unit) => unit.startsWith('deis-router@')).length, 3);
});
