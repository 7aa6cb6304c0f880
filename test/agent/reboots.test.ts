// Reboots by turns: who may, what speaks against it, what is given back when it comes to nothing; and the door for Zincati.

import { request } from 'node:http';
import t, { type Test } from 'tap';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { serveFleetLock } from '../../src/agent/reboot/fleet-lock.ts';
import { Reboots } from '../../src/agent/reboot/reboots.ts';
import type { Machine } from '../../src/model/cluster.ts';
import type { StoreMember } from '../../src/model/store-member.ts';
import type { UnitState } from '../../src/model/unit.ts';
import type { Log } from '../../src/ports/log.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry } from '../../src/registry/registry.ts';

const nothing = (): undefined => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing } as unknown as Log;
const forever = new AbortController().signal;
const OPERATOR = { by: 'operator', waits: true } as const;
const SYSTEM = { by: 'system', waits: false } as const;
const RUNNING: UnitState = {
  load: 'loaded',
  active: 'active',
  sub: 'running',
  phase: 'running',
  health: 'healthy',
  revision: 1,
  hash: '',
  restarts: 0,
  crashes: 0,
  since: 0,
};

interface Lab {
  registry: Registry;
  /** One machine's, in this boot. */
  on: (machine: string, bootId?: string) => Reboots;
  members: Map<string, boolean>;
  /** What machines did: `a moves`, `a stays`, `a restarts`. */
  done: string[];
  /** Reads a machine's progress to its end. */
  read: (lines: AsyncIterable<string>) => Promise<string[]>;
  turn: () => Promise<string | undefined>;
}

/** Machines a, b, c with a member of the store each; blog.web runs on a and b. */
async function lab(t: Test): Promise<Lab> {
  const store = memoryStore();
  t.teardown(() => store.close());
  const registry = new Registry(store);
  const members = new Map(['a', 'b', 'c'].map((id) => [id, true]));
  const done: string[] = [];
  const machine = (id: string, bootId: string): Machine => ({
    id,
    name: id,
    ip: id,
    metadata: {},
    capacity: { memory: 1, cpus: 1 },
    api: '',
    bootId,
    versions: { deisd: '', systemd: 252, engine: '20.10' },
  });
  for (const id of members.keys()) {
    const alive = { session: id, since: '' };
    await registry.commit(
      [],
      [put(keys.machines, [id], machine(id, 'boot-1')), put(keys.alive, [id], alive)],
      forever,
    );
  }
  for (const [id, unit] of [
    ['a', 'blog_v2.web.1.service'],
    ['b', 'blog_v2.web.2.service'],
  ]) {
    await registry.commit([], [put(keys.states, [id!, unit!], RUNNING)], forever);
  }
  return {
    registry,
    members,
    done,
    on: (id, bootId = 'boot-1') =>
      new Reboots({
        registry,
        self: { id, name: id, ip: id, bootId },
        departure: () => ({
          async *move() {
            await Promise.resolve();
            done.push(`${id} moves`);
            yield 'moving\n';
          },
          stay: () => void done.push(`${id} stays`),
        }),
        members: () =>
          Promise.resolve(
            [...members].map(
              ([ip, healthy]) => ({ id: ip, ip, name: ip, learner: false, healthy }) as StoreMember,
            ),
          ),
        restart: () => Promise.resolve(void done.push(`${id} restarts`)),
        clock: systemClock,
        log,
      }),
    async read(lines) {
      const told: string[] = [];
      for await (const line of lines) told.push(line.trim());
      return told;
    },
    turn: async () => (await registry.get(keys.reboots, ['turn'], forever))?.value.machine,
  };
}

void t.test('take the turn, move away, reboot, come back, give the turn back', async (t) => {
  const { on, read, done, turn, registry } = await lab(t);
  await read(on('a').reboot(OPERATOR, forever));
  t.strictSame(done, ['a moves', 'a restarts']);
  t.equal(await turn(), 'a');
  await t.rejects(on('a', 'boot-2').settle(forever), { code: 'conflict', message: /heartbeat/ });
  const held = (await registry.get(keys.machines, ['a'], forever))!.value;
  const back = { ...held, bootId: 'boot-2' };
  await registry.commit([], [put(keys.machines, ['a'], back)], forever);
  await on('a', 'boot-2').settle(forever);
  t.equal(await turn(), undefined);
});

void t.test('one at a time: an operator waits, the system is told to ask again', async (t) => {
  const { on, read, turn } = await lab(t);
  await read(on('a').prepare(SYSTEM, forever));
  await read(on('a').prepare(SYSTEM, forever));
  t.equal(await turn(), 'a', 'asked twice, granted twice');
  await t.rejects(read(on('b').prepare(SYSTEM, forever)), { code: 'conflict', message: /a has/ });
  const told: string[] = [];
  const waiting = (async () => {
    for await (const line of on('b').prepare(OPERATOR, forever)) told.push(line);
  })();
  while (!told.some((line) => line.startsWith('waiting: a has the turn'))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await on('a').settle(forever);
  await waiting;
  t.equal(await turn(), 'b');
});

void t.test('the store would lose its majority: nothing moves', async (t) => {
  const { on, read, done, turn, members } = await lab(t);
  members.set('b', false);
  await t.rejects(read(on('a').reboot(OPERATOR, forever)), {
    code: 'conflict',
    message: /members/,
  });
  t.strictSame(done, ['a stays']);
  t.equal(await turn(), undefined);
});

void t.test('an app would have no healthy container: all is taken back', async (t) => {
  const { on, read, done, turn, registry } = await lab(t);
  const sick = { ...RUNNING, health: 'unhealthy' as const };
  await registry.commit([], [put(keys.states, ['b', 'blog_v2.web.2.service'], sick)], forever);
  const refused = { code: 'conflict', message: 'no healthy container elsewhere: blog.web' };
  await t.rejects(read(on('a').reboot(OPERATOR, forever)), refused);
  t.strictSame(done, ['a moves', 'a stays']);
  t.equal(await turn(), undefined);
});

void t.test('who goes away in the middle gives the turn back', async (t) => {
  const { on, done, turn } = await lab(t);
  for await (const line of on('a').reboot(OPERATOR, forever)) if (/moving/.test(line)) break;
  t.strictSame(done, ['a moves', 'a stays']);
  t.equal(await turn(), undefined);
});

void t.test(
  'after a boot it waits for its own parts, and a life that ended leaves no turn',
  async (t) => {
    const { on, read, turn, registry } = await lab(t);
    await read(on('a').prepare(OPERATOR, forever));
    const ending = new AbortController();
    const living = on('a').run(ending.signal);
    while ((await turn()) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    ending.abort();
    await living;
    await read(on('a').prepare(OPERATOR, forever));
    const held = (await registry.get(keys.machines, ['a'], forever))!.value;
    const router = 'deis-router@1.service';
    await registry.commit(
      [],
      [
        put(keys.machines, ['a'], { ...held, bootId: 'boot-2' }),
        put(keys.platformUnits, [router], {
          name: router,
          kind: 'platform',
          desired: 'launched',
          options: [],
          restarts: 0,
        }),
        put(keys.placements, ['a', router], {
          want: 'run',
          revision: 1,
          kind: 'platform',
          retiring: false,
          reason: '',
        }),
      ],
      forever,
    );
    const again = on('a', 'boot-2');
    await t.rejects(again.settle(forever), { message: `not well yet: ${router}` });
    await registry.commit([], [put(keys.states, ['a', router], RUNNING)], forever);
    await again.settle(forever);
    t.equal(await turn(), undefined);
  },
);

interface Asked {
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

const CLIENT = JSON.stringify({ client_params: { id: 'c988d2509fdf', group: 'default' } });

async function door(t: Test, reboots: Reboots) {
  const ending = new AbortController();
  t.teardown(() => ending.abort());
  const port = await new Promise<number>((resolve) => {
    const options = { reboots, port: 0, clock: systemClock, log };
    void serveFleetLock(options, ending.signal, resolve);
  });
  return ({ path, headers = { 'fleet-lock-protocol': 'true' }, body = CLIENT }: Asked) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const sent = request({ port, path, headers, method: 'POST', agent: false }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () => resolve({ status: answer.statusCode!, body: text }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

void t.test('Zincati asks before it reboots and when it is back', async (t) => {
  const { on, done, turn } = await lab(t);
  const a = await door(t, on('a'));
  const b = await door(t, on('b'));
  t.equal((await a({ path: '/v1/steady-state' })).status, 200, 'it held nothing');
  t.equal((await a({ path: '/v1/pre-reboot' })).status, 200);
  t.equal((await a({ path: '/v1/pre-reboot' })).status, 200, 'recursive');
  t.equal(await turn(), 'a');
  const refused = await b({ path: '/v1/pre-reboot' });
  t.equal(refused.status, 409);
  t.match(JSON.parse(refused.body), { kind: 'conflict', value: /a has the turn/ });
  t.equal((await b({ path: '/v1/steady-state' })).status, 200, 'it is not its turn to give back');
  t.equal(await turn(), 'a');
  t.equal((await a({ path: '/v1/steady-state' })).status, 200);
  t.equal(await turn(), undefined);
  t.strictSame(done, ['a moves', 'a moves', 'a stays']);
});

void t.test('what is no question of the protocol changes nothing', async (t) => {
  const { on, done, turn } = await lab(t);
  const ask = await door(t, on('a'));
  t.equal((await ask({ path: '/v1/pre-reboot', headers: {} })).status, 400);
  for (const body of ['', '{', '{}', '[]', '{"client_params":{"id":7}}', 'x'.repeat(20_000)]) {
    t.equal((await ask({ path: '/v1/pre-reboot', body })).status, 400, body.slice(0, 30));
  }
  t.equal((await ask({ path: '/v1/reboot' })).status, 404);
  t.equal((await ask({ path: '/constructor' })).status, 404);
  t.strictSame(done, []);
  t.equal(await turn(), undefined);
});
