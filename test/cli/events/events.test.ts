// What happens in a cluster, told as sentences; and completion of the command line.

import t from 'tap';
import { memoryStore } from '../../../src/adapters/memory-store.ts';
import { type ClusterEvent, followEvents } from '../../../src/cli/events/follow-events.ts';
import { pastEvents } from '../../../src/cli/events/past-events.ts';
import { SCRIPTS, candidates } from '../../../src/cli/words-completion.ts';
import { keys } from '../../../src/registry/keys.ts';
import { Registry, put, remove } from '../../../src/registry/registry.ts';
import { machine, unitState, wantedUnit } from '../records.ts';

const ROUTER = 'deis-router@1.service';
const [ONE, TWO] = [machine(1), machine(2)];

void t.test('changes are told, what was there is not', async (t) => {
  const registry = new Registry(memoryStore());
  const ended = new AbortController();
  const write = (...writes: Parameters<Registry['commit']>[1]) =>
    registry.commit([], writes, ended.signal);
  const at = '2026-11-22T00:00:00Z';
  await write(put(keys.machines, [ONE.id], ONE), put(keys.machines, [TWO.id], TWO));
  await write(
    put(keys.platformUnits, [ROUTER], wantedUnit(ROUTER)),
    put(keys.alive, [ONE.id], { session: 's', since: at }),
  );
  const told: string[] = [];
  const tell = ({ topic, text }: ClusterEvent): void => void told.push(`${topic} ${text}`);
  const following = followEvents(registry.store, tell, ended.signal);
  await until(async () => {
    await write(put(keys.orders, [TWO.id], { cordon: true, drain: false }));
    return told.length > 0;
  });
  told.length = 0;
  const running = unitState({ health: 'healthy' });
  await write(
    put(keys.states, [ONE.id, ROUTER], unitState({ active: 'activating', sub: 'start' })),
  );
  await write(put(keys.states, [ONE.id, ROUTER], running));
  await write(put(keys.states, [ONE.id, ROUTER], { ...running, since: 5 }));
  await write(
    put(keys.states, [ONE.id, ROUTER], { ...running, crashes: 1, message: 'exit status 1' }),
  );
  await write(put(keys.platformUnits, [ROUTER], wantedUnit(ROUTER, { restarts: 1 })));
  await write(
    put(keys.platformUnits, [ROUTER], wantedUnit(ROUTER, { desired: 'loaded', restarts: 1 })),
  );
  await write(remove(keys.alive, [ONE.id]));
  await write(put(keys.lost, [ONE.id], { since: at, reason: 'no heartbeat' }));
  await write(remove(keys.orders, [TWO.id]));
  await write(put(keys.leaders, ['scheduler'], TWO.id));
  await until(() => Promise.resolve(told.some((line) => line.includes('led by'))));
  t.strictSame(told.toSorted(), [
    'machine deis-1 is lost: no heartbeat',
    'machine deis-1 is silent: its heartbeat ended',
    'machine deis-2 is to be given units again',
    'scheduler scheduler: led by deis-2',
    `unit ${ROUTER} on deis-1: activating/start`,
    `unit ${ROUTER} on deis-1: active/running, healthy`,
    `unit ${ROUTER} on deis-1: active/running, healthy, it crashed: exit status 1`,
    `wanted ${ROUTER}: to be restarted`,
    `wanted ${ROUTER}: wanted loaded`,
  ]);
  ended.abort();
  await following;
});

void t.test('what was done lately, oldest first', async (t) => {
  const registry = new Registry(memoryStore());
  const { signal } = new AbortController();
  const change = (day: number, app: string) =>
    put(keys.audit, [app, `${day}`], {
      at: `2026-11-0${day}T00:00:00Z`,
      user: 'ada',
      action: 'config:set',
      text: 'set A',
    });
  const deployment = {
    app: 'blog',
    id: 'x',
    user: 'ada',
    kind: 'deploy' as const,
    from: 1,
    to: 2,
    step: 'reverted' as const,
    events: [],
    failure: 'web.1 died\nlog',
    began: '2026-11-02T00:00:00Z',
    ended: '2026-11-02T00:00:00Z',
  };
  await registry.commit(
    [],
    [
      change(1, 'old'),
      change(3, '_platform'),
      put(keys.pastDeployments, ['blog', 'x'], deployment),
    ],
    signal,
  );
  const past = await pastEvents(registry, 2, signal);
  t.strictSame(
    past.map(({ text }) => text),
    ['blog: v1 → v2: reverted: web.1 died', 'set A (config:set by ada)'],
  );
});

const WORLD = {
  commands: [
    { words: ['install'], flags: ['--timeout'] },
    { words: ['scale'], flags: [] },
    { words: ['config'], flags: ['--json'] },
    { words: ['local', 'up'], flags: [] },
    { words: ['local', 'down'], flags: [] },
    { words: ['contexts'], flags: [] },
    { words: ['contexts', 'use'], flags: [] },
  ],
  components: ['router', 'registry'],
  contexts: ['prod', 'lab'],
};

void t.test('the words that may stand there', async (t) => {
  const cases: [string, string][] = [
    ['', 'config contexts install local scale'],
    ['co', 'config contexts'],
    ['local ', 'down up'],
    ['local u', 'up'],
    ['install ', 'platform registry router'],
    ['install router re', 'registry'],
    ['install --', '--timeout'],
    ['scale ro', 'router='],
    ['config ', 'logs platform registry router'],
    ['config router s', 'set'],
    ['contexts use ', 'lab prod'],
    ['-C ', 'lab prod'],
    ['-C prod inst', 'install'],
    ['nonsense ', ''],
  ];
  for (const [typed, expected] of cases) {
    t.equal(candidates(typed.split(' '), WORLD).join(' '), expected, `"${typed}"`);
  }
  for (const script of Object.values(SCRIPTS)) t.match(script, 'deisctl autocomplete words --');
});

async function until(check: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 500; round += 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not come true');
}
