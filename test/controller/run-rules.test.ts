// Where a one-off container runs and what it is, as tables.

import t from 'tap';
import { runProcess } from '../../src/controller/rules/run-command.ts';
import {
  type RunCandidate,
  type RunNeeds,
  chooseRunMachine,
} from '../../src/controller/rules/run-machine.ts';
import { NO_SETTINGS } from '../../src/controller/rules/settings.ts';
import type { Build, Release } from '../../src/model/app.ts';

const GB = 1024 ** 3;

function candidate(name: string, some: Partial<RunCandidate> = {}, metadata = {}): RunCandidate {
  const machine = {
    id: name,
    name,
    ip: '',
    api: '',
    bootId: '',
    metadata,
    capacity: { memory: 8 * GB, cpus: 2 },
    versions: { deisd: '', systemd: 252, engine: '' },
  };
  const idle = { orders: undefined, containers: 0, reserved: 0, hasImage: false };
  return { machine, alive: true, ...idle, ...some };
}

const ssd = { disk: 'ssd' };
const cases: [string, RunCandidate[], Partial<RunNeeds>, string[] | RegExp][] = [
  ['nobody there', [], {}, /^No machine may run it\.$/],
  ['by name when all are alike', [candidate('b'), candidate('a')], {}, ['a', 'b']],
  ['the one with the image', [candidate('a'), candidate('b', { hasImage: true })], {}, ['b', 'a']],
  [
    'the emptier one, image or not',
    [candidate('a', { hasImage: true, reserved: 4 * GB }), candidate('b')],
    {},
    ['b', 'a'],
  ],
  [
    'containers without a limit count too',
    [candidate('a', { containers: 20 }), candidate('b', { containers: 2 })],
    {},
    ['b', 'a'],
  ],
  ['tags', [candidate('a'), candidate('b', {}, ssd)], { tags: ssd }, ['b']],
  [
    'tags that no machine has',
    [candidate('a', {}, { disk: 'hdd' }), candidate('b')],
    { tags: ssd },
    /\na: the app asks for disk=ssd, the machine has disk=hdd\nb: .*, the machine has no disk$/,
  ],
  [
    'a tag is not found on the prototype',
    [candidate('a')],
    { tags: { constructor: 'x' } },
    /has no constructor$/,
  ],
  [
    'silent, drained, cordoned',
    [
      candidate('a', { alive: false }),
      candidate('b', { orders: { cordon: true, drain: true } }),
      candidate('c', { orders: { cordon: true, drain: false } }),
    ],
    {},
    /\na: it does not answer\nb: it is being drained\nc: it is cordoned$/,
  ],
  [
    'memory',
    [candidate('a', { reserved: 7.5 * GB }), candidate('b', { reserved: 6 * GB })],
    { memory: GB },
    ['b'],
  ],
  [
    'more memory than there is',
    [candidate('a')],
    { memory: 9 * GB },
    /a: it needs 9.*8.* are free/,
  ],
];

t.test('the machine', async (t) => {
  for (const [name, candidates, needs, wanted] of cases) {
    const choice = chooseRunMachine(candidates, { tags: {}, ...needs });
    if (wanted instanceof RegExp) t.match('problem' in choice && choice.problem, wanted, name);
    else
      t.same('machines' in choice && choice.machines.map((machine) => machine.name), wanted, name);
  }
});

const release: Release = {
  uuid: 'r',
  app: 'blog',
  owner: 'ada',
  version: 7,
  summary: '',
  config: 'the-config',
  build: 'b',
  state: 'live',
  created: '',
  updated: '',
};
const image: Build = {
  uuid: 'b',
  app: 'blog',
  owner: 'ada',
  image: 'blog',
  reference: '127.0.0.1:5555/blog@sha256:1',
  sha: '',
  procfile: {},
  dockerfile: '',
  created: '',
  updated: '',
};

t.test('the container', async (t) => {
  const { entrypoint, command, ...rest } = runProcess('ls -l', 4711, release, image, NO_SETTINGS);
  t.same(entrypoint, ['/bin/sh'], "not the image's own");
  t.equal(command?.[0], '-c');
  t.equal(command?.at(-1), 'ls -l');
  t.match(rest, { app: 'blog', release: 7, type: 'run', num: 4711, config: 'the-config' });
  t.match(rest, { image: image.reference, routed: false, port: null, drainTimeout: 0 });
  t.notOk('memory' in rest || 'cpuShares' in rest, 'no limits, none given');

  const slug = runProcess('ls', 1, release, { ...image, sha: 'abc' }, NO_SETTINGS);
  t.same([slug.entrypoint, slug.command], [undefined, ['bash', '-c', 'ls']], 'slugs unpack first');
  const pushed = { ...image, sha: 'abc', dockerfile: 'FROM x' };
  t.same(runProcess('ls', 1, release, pushed, NO_SETTINGS).entrypoint, ['/bin/sh']);

  const memory = (limits: Record<string, string>): number | undefined =>
    runProcess('ls', 1, release, image, { ...NO_SETTINGS, memory: limits }).memory;
  t.equal(memory({ run: '1G', web: '2G', cmd: '3G' }), GB, 'its own');
  t.equal(memory({ cmd: '3G', web: '2G' }), 2 * GB, 'else that of web');
  t.equal(memory({ cmd: '3G' }), 3 * GB, 'else that of cmd');
  t.equal(memory({ worker: '3G' }), undefined, 'of no other type');
  const cpu = { run: 0, web: 512 };
  const shares = runProcess('ls', 1, release, image, { ...NO_SETTINGS, cpu }).cpuShares;
  t.equal(shares, undefined, 'none is none, also when web has some');
});
