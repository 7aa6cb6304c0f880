// What an app may set about its deployments, seen on machines: batches, the time that new containers must be healthy, the deadline,
// a pause in place of the way back, and what `deis` says of it all. Commands at the same time, and plans, change nothing they must not.

import t from 'tap';
import type { Deployment } from '../../../src/model/rollout.ts';
import { parseContainerName } from '../../../src/model/ids.ts';
import { isServing } from '../../../src/model/unit.ts';
import { keys } from '../../../src/registry/keys.ts';
import { deployHello, eventually, platform } from '../platform.ts';
import { openStore } from '../store.ts';

const on = await platform();
const { registry } = await openStore(on);
const APP = 'polite';
/** Two seconds until it listens; BAD=1 never does. */
const WEB = 'web: sleep 2; [ -z "$BAD" ] || exec sleep 1000; exec node web.js';

await deployHello(on, APP, { web: 1 });
t.teardown(async () => {
  await on.deis('apps:destroy', '-a', APP, '--confirm', APP);
});
const build = (...lines: string[]) =>
  on.mustDeis('builds:create', on.hello.reference, '-a', APP, '-p', lines.join('\n'));
await build(WEB);
await on.mustDeis('ps:scale', 'web=5', '-a', APP);

async function record(): Promise<Deployment> {
  return (await registry.get(keys.deployments, [APP], on.signal))!.value;
}

/** ms since the epoch. */
const at = ({ events }: Deployment, step: string): number =>
  Date.parse(events.find((event) => event.step === step)?.at ?? '');

/** How many of the new side are wanted and do not serve. */
async function comingUp({ added }: Deployment): Promise<number> {
  const { items: wanted } = await registry.list(keys.appUnits, [], on.signal);
  const { items: states } = await registry.list(keys.states, [], on.signal);
  const serving = new Set(states.filter(({ value }) => isServing(value)).map(({ ids }) => ids[1]!));
  return wanted.filter(({ ids }) => added.includes(ids[0]!) && !serving.has(ids[0]!)).length;
}

async function standing(): Promise<string[]> {
  const { items } = await registry.list(keys.states, [], on.signal);
  return items
    .filter(
      ({ ids, value }) => parseContainerName(ids[1]!)?.app === APP && value.active === 'active',
    )
    .map(({ ids, value }) => `${ids[1]} ${value.containerId}`)
    .toSorted();
}

/** Looks until the command has ended. */
async function watched<T>(asked: Promise<T>, look: () => Promise<void>): Promise<T> {
  let isOver = false;
  const ended = asked.finally(() => (isOver = true));
  while (!isOver) {
    await look();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return ended;
}

t.test('batch=2: never more than two come up at the same time', async (t) => {
  await on.mustDeis('policy:set', 'batch=2', 'minHealthy=0', '-a', APP);
  let most = 0;
  const { id } = await record();
  await watched(on.mustDeis('config:set', 'A=1', '-a', APP), async () => {
    const now = await record();
    if (now.id !== id && now.step === 'starting') most = Math.max(most, await comingUp(now));
  });
  t.equal(most, 2);
  t.equal((await record()).step, 'done');
  t.equal((await standing()).length, 5);
});

t.test('minHealthy=6: old ones stay for that long', async (t) => {
  await on.mustDeis('policy:set', 'batch=0', 'minHealthy=6', '-a', APP);
  await on.mustDeis('config:set', 'A=2', '-a', APP);
  const now = await record();
  const seconds = (at(now, 'withdrawing') - at(now, 'starting')) / 1000;
  t.ok(seconds >= 8, `withdrawn ${seconds} s after the start of those that need 2 s`);
});

t.test('deadline=8: the verdict comes then, and the old side is as it was', async (t) => {
  await on.mustDeis('policy:set', 'deadline=8', 'minHealthy=0', '-a', APP);
  const before = await standing();
  const { code, stderr } = await on.deis('config:set', 'BAD=1', '-a', APP);
  t.not(code, 0);
  t.match(stderr, /web\.\d on \S+: not healthy in time/);
  const now = await record();
  t.equal(now.step, 'reverted');
  const seconds = (at(now, 'reverting') - at(now, 'starting')) / 1000;
  t.ok(seconds >= 7.5 && seconds <= 10, `the verdict came after ${seconds} s`);
  t.same(await standing(), before);
  t.notMatch(await on.mustDeis('config', '-a', APP), /BAD/, 'the config is the old one');
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  t.equal((await record()).id, now.id, 'it is not tried again by itself');
  t.match(await on.mustDeis('deployments', '-a', APP), /reverted/);
  const made = await registry.get(keys.releases, [APP, String(now.to)], on.signal);
  t.equal(made?.value.state, 'failed', 'so says the ledger');
});

t.test('autoRevert=off: it pauses, says so, is resumed and cancelled', async (t) => {
  await on.mustDeis('policy:set', 'autoRevert=off', '-a', APP);
  const before = await standing();
  const { code, stderr } = await on.deis('config:set', 'BAD=1', '-a', APP);
  t.not(code, 0);
  t.match(stderr, /deploy:resume/);
  t.match(await on.mustDeis('deploy:status', '-a', APP), /paused/);
  const busy = await on.deis('config:set', 'B=1', '-a', APP);
  t.not(busy.code, 0);
  t.match(busy.stderr, /has paused/);
  await on.mustDeis('deploy:resume', '-a', APP);
  await eventually('it has paused again', 60, async () => {
    const now = await record();
    return now.events.filter(({ step }) => step === 'paused').length === 2;
  });
  await on.mustDeis('deploy:cancel', '-a', APP);
  t.equal((await record()).step, 'reverted');
  t.same(
    (await standing()).filter((one) => before.includes(one)),
    before,
  );
  await on.mustDeis('policy:set', 'autoRevert=on', 'deadline=120', '-a', APP);
});

t.test('cancelled while it starts', async (t) => {
  const before = await standing();
  const { id } = await record();
  const asked = on.deis('config:set', 'BAD=1', '-a', APP);
  await eventually('it starts', 30, async () => {
    const now = await record();
    return now.id !== id && now.step === 'starting';
  });
  const watch = on.deis('deploy:watch', '-a', APP);
  await on.mustDeis('deploy:cancel', '-a', APP);
  const { code, stderr } = await asked;
  t.not(code, 0);
  t.match(stderr, /cancelled by admin/);
  const { stdout, stderr: told } = await watch;
  t.match(`${stdout}${told}`, /cancelled by admin/);
  t.same(await standing(), before);
});

t.test('plans change nothing in the store', async (t) => {
  const keep = async (): Promise<string> => {
    const families = [keys.apps, keys.configs, keys.releases, keys.deployments, keys.appUnits];
    const { reads } = await registry.commit(
      [],
      [],
      on.signal,
      families.map((family) => family.under()),
    );
    return JSON.stringify(reads);
  };
  await eventually('what was to go is swept', 30, async () => {
    const { items } = await registry.list(keys.appUnits, [], on.signal);
    return items.every(({ value }) => value.desired !== 'gone');
  });
  const before = await keep();
  for (const args of [
    ['config:set', 'NEW=1'],
    ['config:unset', 'A'],
    ['scale', 'web=9'],
    ['pull', on.hello.reference],
    ['rollback', 'v2'],
    ['limits:set', 'web=200M'],
    ['tags:set', 'rack=9'],
  ]) {
    const asked = await on.deis(...args, '--dry-run', '-a', APP);
    t.comment(`${args.join(' ')}: ${asked.code}\n${asked.stdout || asked.stderr}`);
    const planned = await on.deis('plan', ...args, '-a', APP);
    t.comment(`plan ${args.join(' ')}: ${planned.code}\n${planned.stderr.slice(0, 300)}`);
    // These machines have no tags: that is refused, as it would be.
    const said = args[0] === 'tags:set' ? /No machine matches rack=9/ : /web\.\d/;
    t.match(`${asked.stdout}${asked.stderr}`, said, `${args[0]} says what would be`);
  }
  t.equal(await keep(), before, 'all records have the revisions they had');
});
