// The rules of names, settings, scale and summaries, without any server.

import fc from 'fast-check';
import t from 'tap';
import { appUnit } from '../../src/controller/app/unit.ts';
import { deploySides, restartSides, scaleSides } from '../../src/controller/deployment/sides.ts';
import { mayManage, mayUse, roleOf } from '../../src/controller/rules/access.ts';
import { appIdProblem, inventAppId } from '../../src/controller/rules/app-id.ts';
import { imageProblem, parseProcfile } from '../../src/controller/rules/build.ts';
import { containerState } from '../../src/controller/rules/container-state.ts';
import { memoryBytes } from '../../src/controller/rules/limits.ts';
import { parseScale, structureFor } from '../../src/controller/rules/scale.ts';
import {
  NO_SETTINGS,
  type SettingsChange,
  changeSettings,
} from '../../src/controller/rules/settings.ts';
import { buildSummary, configSummary, scaleSummary } from '../../src/controller/rules/summary.ts';
import { wireDate, wireUserDate } from '../../src/controller/wire/dates.ts';
import type { Build, Release } from '../../src/model/app.ts';
import { APP_ID } from '../../src/model/ids.ts';
import type { UnitState, WantedUnit } from '../../src/model/unit.ts';

t.test('app ids', async (t) => {
  for (const id of ['a', '1', 'blog', 'my-blog-2', 'x'.repeat(63)]) {
    t.equal(appIdProblem(id, 'deis'), undefined, id);
  }
  for (const id of [
    '',
    'Blog',
    'a_b',
    'a.b',
    'a/b',
    '../a',
    'a\n',
    'a b',
    '*',
    'ä',
    'a;b',
    '{{a}}',
    'a%b',
    '@',
  ]) {
    t.equal(appIdProblem(id, 'deis'), 'App IDs can only contain [a-z0-9-].', JSON.stringify(id));
  }
  for (const id of ['-a', 'a-', '-']) t.match(appIdProblem(id, 'deis'), /start and end/);
  t.match(appIdProblem('x'.repeat(64), 'deis'), /no more than 63/);
  for (const id of ['deis', 'deis-store', 'paas'])
    t.equal(appIdProblem(id, 'paas'), `${id} is a reserved name.`);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (a, b) => {
      const rolls = [a, b];
      const id = inventAppId((sides) => rolls.shift()! % sides);
      return /^[a-z]{6}-[a-z]{8}$/.test(id) && APP_ID.test(id);
    }),
  );
});

t.test('settings', async (t) => {
  const after = (change: SettingsChange, before = NO_SETTINGS): unknown => {
    const changed = changeSettings(before, change);
    return 'problem' in changed
      ? `${changed.problem.field}: ${changed.problem.message}`
      : changed.settings;
  };
  t.match(after({ values: { A: 1, b_2: 'x', C: true } }), {
    values: { A: '1', b_2: 'x', C: 'true' },
  });
  t.match(after({ cpu: { web: '512', job: 0 } }), { cpu: { web: 512, job: 0 } }, 'cpu are numbers');
  const before = { values: { A: '1', B: '2' }, memory: { web: '1G' }, cpu: {}, tags: {} };
  t.same(after({ values: { A: null, C: '3' } }, before), { ...before, values: { B: '2', C: '3' } });
  t.same(before.values, { A: '1', B: '2' }, 'what was before is not changed');
  const bad: [SettingsChange, string][] = [
    [
      { values: { '1A': 'x' } },
      'values: Config keys must start with a letter or underscore and only contain [A-z0-9_]',
    ],
    [{ values: { 'A=B': 'x' } }, 'values: Config keys must start'],
    [{ values: { 'A\nB': 'x' } }, 'values: Config keys must start'],
    [{ values: { ['__proto__']: 'x' } as Record<string, unknown> }, ''],
    [{ values: { A: {} } }, 'values: The value of A must be a text or a number'],
    [{ values: { A: 'a\0b' } }, 'values: The value of A contains a NUL character'],
    [{ values: { A: '\ud800' } }, 'values: The value of A is not valid Unicode'],
    [{ values: { A: 'x'.repeat(131_072) } }, 'values: The value of A is longer than 128 KB'],
    [{ values: { HEALTHCHECK_URL: '/a b' } }, 'values: HEALTHCHECK_URL must be a path'],
    [{ values: { HEALTHCHECK_TIMEOUT: '0' } }, 'values: HEALTHCHECK_TIMEOUT must be'],
    [
      { values: { HEALTHCHECK_INITIAL_DELAY: 'soon' } },
      'values: HEALTHCHECK_INITIAL_DELAY must be',
    ],
    [{ memory: { web: '1X' } }, 'memory: Limit format: <number><unit>, where unit = B, K, M or G'],
    [{ memory: { Web: '1G' } }, 'memory: Process types can only contain [a-z]'],
    [{ cpu: { web: 'many' } }, 'cpu: CPU shares must be an integer'],
    [{ cpu: { web: 1025 } }, 'cpu: CPU shares must be between 0 and 1024'],
    [{ tags: { 'disk ': 'ssd' } }, 'tags: Tag keys can only contain [a-z]'],
    [{ tags: { disk: 's s d' } }, 'tags: Invalid tag value'],
    [{ tags: { disk: 'a\nb' } }, 'tags: Invalid tag value'],
  ];
  for (const [change, problem] of bad) {
    const result = after(change);
    t.ok(
      problem === '' || (typeof result === 'string' && result.startsWith(problem)),
      JSON.stringify(change).slice(0, 60),
    );
  }
  const many = Object.fromEntries(
    Array.from({ length: 13 }, (_, index) => [`V${index}`, 'x'.repeat(64 * 1024)]),
  );
  t.equal(after({ values: many }), 'values: All config values together may have at most 768 KB');
  const eleven = Object.fromEntries(Object.entries(many).slice(0, 11));
  t.type(after({ values: eleven }), 'object', 'eleven of 64 KB fit');
});

t.test('any text a program can be given arrives as it is', async (t) => {
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
  fc.assert(
    fc.property(text, (value) => {
      const changed = changeSettings(NO_SETTINGS, { values: { A: value } });
      return 'settings' in changed && changed.settings.values['A'] === value;
    }),
  );
  t.pass();
});

t.test('limits', async (t) => {
  const cases: [string, number | undefined][] = [
    ['512M', 512 * 1024 ** 2],
    ['1g', 1024 ** 3],
    ['10KB', 10_240],
    ['7B', 7],
    ['1GB', 1024 ** 3],
    ['12', undefined],
    ['-1M', undefined],
    ['9999999999999999G', undefined],
  ];
  for (const [limit, bytes] of cases) t.equal(memoryBytes(limit), bytes, limit);
});

t.test('summaries', async (t) => {
  const before = {
    values: { A: '1', B: '2', C: '3' },
    memory: {},
    cpu: { web: 1 },
    tags: { a: 'x', b: 'y' },
  };
  const after = {
    values: { A: '1', B: '9', D: '4' },
    memory: { web: '1G' },
    cpu: {},
    tags: { a: 'z', c: 'x' },
  };
  t.equal(
    configSummary('ada', before, after),
    'ada added D, changed B, deleted C and changed limits for memory, cpu and added tag c, changed tag a, deleted tag b',
  );
  t.equal(configSummary('ada', before, before), 'ada changed nothing');
  t.equal(buildSummary('ada', { sha: '1a2b3c4d5e', image: 'x' }), 'ada deployed 1a2b3c4');
  t.equal(buildSummary('ada', { sha: '', image: 'blog:1' }), 'ada deployed blog:1');
  t.equal(scaleSummary('ada', { web: 3, job: 0 }), 'ada scaled containers web=3 job=0');
});

const build = (procfile: Record<string, string>, some: Partial<Build> = {}): Build => ({
  uuid: 'b',
  app: 'blog',
  owner: 'ada',
  image: 'i',
  reference: 'r',
  sha: '',
  procfile,
  dockerfile: '',
  created: '',
  updated: '',
  ...some,
});

t.test('scale', async (t) => {
  const blog = build({ web: 'serve', job: 'work' });
  const asked = (body: Record<string, unknown>, of: Build | undefined = blog): unknown => {
    const parsed = parseScale(body, of);
    return 'problem' in parsed ? parsed.problem : parsed.wanted;
  };
  t.same(asked({ web: 3, job: '2', cmd: 0 }), { web: 3, job: 2, cmd: 0 });
  t.match(asked({ web: 'three' }), /^Invalid scaling format: /);
  t.match(asked({ web: 1.5 }), /^Invalid scaling format: /);
  t.match(asked({ web: null }), /^Invalid scaling format: /);
  t.match(asked({ web: -1 }), /Must be greater than or equal to zero/);
  t.match(asked({ web: 1_000_000 }), /Must be at most/);
  t.equal(asked({ other: 1 }), 'Container type other does not exist in application');
  t.equal(asked({ constructor: 1 }), 'Container type constructor does not exist in application');
  t.equal(parseScale({ web: 1 }, undefined).constructor, Object);
  t.same(parseScale({ web: 1 }, undefined), { problem: 'No build associated with this release' });
});

t.test('what a build begins with, and what it leaves', async (t) => {
  t.same(structureFor(build({ web: 'x', job: 'y' }), {}), { web: 1 });
  t.same(structureFor(build({ job: 'y' }), {}), { cmd: 1 });
  t.same(structureFor(build({}), {}), { cmd: 1 });
  t.same(structureFor(build({ web: 'x' }), { web: 3, job: 2 }), { web: 3 });
  t.same(structureFor(build({ web: 'x' }), { web: 0 }), { web: 0 }, 'scaled to zero stays');
  t.same(structureFor(build({}), { web: 3 }), { cmd: 1 }, 'an app does not silently go down');
});

t.test('process tables', async (t) => {
  t.same(parseProcfile({ web: 'run $PORT; "x"' }), { procfile: { web: 'run $PORT; "x"' } });
  for (const type of [
    'web.1',
    'web\n[Service]',
    '',
    'a b',
    '-a',
    '@',
    'x'.repeat(64),
    '__proto__x',
  ]) {
    t.ok('problem' in parseProcfile({ [type]: 'x' }), JSON.stringify(type));
  }
  for (const line of ['', '  ', 7, null, 'a\0b', 'x'.repeat(40_000)]) {
    t.ok('problem' in parseProcfile({ web: line }), JSON.stringify(line)?.slice(0, 20));
  }
  for (const image of [
    '',
    'a b',
    'a\nb',
    '-v',
    '$(x)',
    'a;b',
    "a'b",
    'a"b',
    '../a',
    'x'.repeat(257),
  ]) {
    t.ok(imageProblem(image), JSON.stringify(image).slice(0, 20));
  }
});

t.test('units', async (t) => {
  const release = { version: 3, config: 'c1' } as Release;
  const settings = {
    values: { HEALTHCHECK_URL: 'up', SECRET: 'hunter2' },
    memory: { web: '512M' },
    cpu: { web: 1 },
    tags: { disk: 'ssd' },
  };
  const name = { app: 'blog', release: 3, type: 'web', num: 2 };
  const unit = appUnit(name, release, build({ web: 'serve -p $PORT' }), settings);
  t.match(unit, {
    name: 'blog_v3.web.2.service',
    options: [{ section: 'X-Fleet', name: 'MachineMetadata', value: 'disk=ssd' }],
    process: {
      command: ['/bin/sh', '-c', 'serve -p $PORT'],
      routed: true,
      config: 'c1',
      memory: 512 * 1024 ** 2,
      cpuShares: 2,
      check: { path: '/up', timeout: 1 },
    },
  });
  t.notMatch(JSON.stringify(unit), 'hunter2', 'no config value is in a unit');
  const checks = [
    { type: 'startup', path: '/boot' },
    { type: 'readiness', path: '/ready', attempts: 5, wait: 3 },
    { type: 'liveness', path: '/live', timeout: 4 },
  ];
  const withChecks = { ...build({ web: 'x' }), appJson: { healthchecks: { web: checks } } };
  t.match(appUnit(name, release, withChecks, NO_SETTINGS).process!.check, {
    path: '/ready',
    startPath: '/boot',
    failures: 5,
    interval: 3,
    live: { path: '/live', timeout: 4, failures: 2 },
  });
  t.equal(appUnit(name, release, withChecks, settings).process!.check.path, '/up', 'config wins');
  const commands = [
    { type: 'startup', command: ['warm'] },
    { type: 'readiness', command: ['ready'] },
  ];
  const asking = { ...build({ web: 'x' }), appJson: { healthchecks: { web: commands } } };
  t.match(appUnit(name, release, asking, NO_SETTINGS).process!.check, {
    command: ['ready'],
    startCommand: ['warm'],
  });
  t.notOk(appUnit(name, release, asking, settings).process!.check.command, 'config wins');
  const job = appUnit({ ...name, type: 'job' }, release, withChecks, NO_SETTINGS).process!.check;
  t.notOk(job.path, 'per process type');
  const work = { ...build({ job: 'x' }), appJson: { healthchecks: { job: commands } } };
  t.same(
    appUnit({ ...name, type: 'job' }, release, work, settings).process!.check.command,
    ['ready'],
    'HEALTHCHECK_URL is for what gets requests',
  );
  const command = (type: string, of: Build): unknown =>
    appUnit({ ...name, type }, release, of, NO_SETTINGS).process!.command;
  t.equal(command('cmd', build({})), null);
  t.same(command('cmd', build({ cmd: 'x' })), ['/bin/sh', '-c', 'x']);
  t.same(command('web', build({}, { sha: 'abc' })), ['start', 'web']);
  t.same(command('web', build({ web: 'x' }, { sha: 'abc', dockerfile: 'FROM y' })), [
    '/bin/sh',
    '-c',
    'x',
  ]);
  t.equal(
    appUnit({ ...name, type: 'job' }, release, build({ job: 'x' }), NO_SETTINGS).process!.routed,
    false,
  );
});

t.test('who may do what', async (t) => {
  const app = { owner: 'ada' };
  const ada = roleOf({ username: 'ada', isSuperuser: false }, app, false);
  const bob = roleOf({ username: 'bob', isSuperuser: false }, app, true);
  const eve = roleOf({ username: 'eve', isSuperuser: false }, app, false);
  const root = roleOf({ username: 'root', isSuperuser: true }, app, false);
  t.same([root, ada, bob, eve], ['superuser', 'owner', 'collaborator', 'stranger']);
  t.same(
    [root, ada, bob, eve].map((role) => mayUse(role, 'POST')),
    [true, true, true, false],
  );
  t.same(
    [root, ada, bob, eve].map((role) => mayUse(role, 'DELETE')),
    [true, true, false, false],
  );
  t.same([root, ada, bob, eve].map(mayManage), [true, true, false, false]);
});

const wanted = (
  name: string,
  desired: WantedUnit['desired'] = 'launched',
  restarts = 0,
): WantedUnit => ({
  name,
  kind: 'app',
  desired,
  options: [],
  restarts,
});
const unitName = (release: number, type: string, num: number): string =>
  `blog_v${release}.${type}.${num}.service`;

t.test('sides: names that still exist are not used again', async (t) => {
  const units = [
    wanted(unitName(2, 'web', 1)),
    wanted(unitName(2, 'web', 2), 'gone'),
    wanted(unitName(2, 'web', 3)),
  ];
  t.same(scaleSides('blog', 2, { web: 3 }, units), { added: [unitName(2, 'web', 4)], removed: [] });
  t.same(scaleSides('blog', 2, { web: 1 }, units), { added: [], removed: [unitName(2, 'web', 3)] });
  t.same(scaleSides('blog', 2, { web: 0 }, units).removed, [
    unitName(2, 'web', 1),
    unitName(2, 'web', 3),
  ]);
  t.same(scaleSides('blog', 2, { job: 1 }, units), { added: [unitName(2, 'job', 1)], removed: [] });
  t.same(deploySides('blog', 3, { web: 2, job: 0 }, units), {
    added: [unitName(3, 'web', 1), unitName(3, 'web', 2)],
    removed: [unitName(2, 'web', 1), unitName(2, 'web', 3)],
  });
});

t.test('sides: a single routed container gets a stand-in while it restarts', async (t) => {
  const units = [wanted(unitName(2, 'web', 1), 'launched', 4), wanted(unitName(2, 'job', 1))];
  const standIn = [unitName(2, 'web', 2)];
  t.same(restartSides('blog', 2, units, {}), {
    added: standIn,
    removed: standIn,
    restarts: { [unitName(2, 'job', 1)]: 1, [unitName(2, 'web', 1)]: 5 },
  });
  t.same(restartSides('blog', 2, units, { type: 'job' }), {
    added: [],
    removed: [],
    restarts: { [unitName(2, 'job', 1)]: 1 },
  });
  t.same(restartSides('blog', 2, units, { type: 'web', num: 9 }).restarts, {});
});

t.test('states and dates', async (t) => {
  const state = (some: Partial<UnitState>): UnitState =>
    ({
      phase: 'running',
      active: 'active',
      health: 'healthy',
      crashes: 0,
      revision: 1,
      since: 1,
      ...some,
    }) as UnitState;
  t.equal(containerState([]), 'initialized');
  t.equal(containerState([state({})]), 'up');
  t.equal(containerState([state({ phase: 'stopping' }), state({})]), 'up');
  t.equal(containerState([state({ health: 'unhealthy' })]), 'down');
  t.equal(containerState([state({ phase: 'starting', crashes: 1 })]), 'crashed');
  t.equal(containerState([state({ phase: 'failed' })]), 'crashed');
  t.equal(wireDate('2014-01-01T10:20:30.456Z'), '2014-01-01T10:20:30UTC');
  t.equal(wireUserDate('2014-01-01T10:20:30.456Z'), '2014-01-01T10:20:30.456000Z');
});
