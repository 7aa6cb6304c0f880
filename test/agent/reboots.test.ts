// Reboots by turns: who may, what speaks against it, what is given back when it comes to nothing.

import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { put, remove } from '../../src/registry/registry.ts';
import { forever, lab, RUNNING } from './reboot-lab.ts';

const OPERATOR = { by: 'operator', waits: true } as const;
const SYSTEM = { by: 'system', waits: false } as const;

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

void t.test(
  'two callers for one machine: the second one takes nothing from the first',
  async (t) => {
    const { on, done, turn } = await lab(t);
    const machine = on('a');
    const first = machine.prepare(OPERATOR, forever);
    let line = await first.next();
    while (line.value !== 'moving\n') line = await first.next();
    const second = machine.prepare(OPERATOR, forever).next();
    await t.rejects(second, { code: 'conflict', message: /being made ready for a reboot already/ });
    t.equal(await turn(), 'a');
    while (line.done !== true) line = await first.next();
    t.strictSame(done, ['a moves']);
    t.equal(await turn(), 'a');
  },
);

void t.test('a reboot that systemd refuses leaves all as it was', async (t) => {
  const { on, read, done, turn, refuse } = await lab(t);
  refuse.restart = true;
  await t.rejects(read(on('a').reboot(OPERATOR, forever)), { message: 'no reboot today' });
  t.strictSame(done, ['a moves', 'a stays']);
  t.equal(await turn(), undefined);
});

void t.test('who waits for a machine that is away is told how to go on', async (t) => {
  const { on, read, registry } = await lab(t);
  await read(on('a').prepare(SYSTEM, forever));
  await registry.commit([], [remove(keys.alive, ['a'])], forever);
  for await (const line of on('b').prepare(OPERATOR, forever)) {
    if (!line.startsWith('waiting')) continue;
    t.match(line, /and is away; if it never comes back: deisctl reboot --release/);
    break;
  }
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
