// What people and machines do to deployments in the middle of them. Afterwards the app is all new or all old, its record says which,
// and nothing else is left of it: no container, no upstream, no wanted unit.

import t, { type Test } from 'tap';
import type { DeploymentStep } from '../../../src/model/rollout.ts';
import { keys } from '../../../src/registry/keys.ts';
import { eventually, type Output, platform } from '../platform.ts';
import { prey } from '../prey.ts';
import { etcdLeader, openStore } from '../store.ts';

const on = await platform();
const { registry } = await openStore(on);
const APP = 'prey';
const only = process.env['DEIS_ONLY'];
const few = on.context.machines.length < 3;
/** SLOW=n: so many seconds until it listens; DEAF=1: does not hear SIGTERM; CRASH=1: ends at once. */
const WEB =
  'web: [ -z "$CRASH" ] || exit 3; [ -z "$SLOW" ] || sleep $SLOW; [ -z "$DEAF" ] || trap \'\' TERM; [ -z "$DEAF" ] || { node web.js & while :; do wait; sleep 1; done; }; exec node web.js';

const { deis, must, build, begin, record, reached, traces, containers, isWhole, underLoad, ofApp } =
  await prey(on, APP, WEB);

function attack(what: string, act: (t: Test) => Promise<void>): void {
  if (only !== undefined && !what.includes(only)) return;
  t.test(what, { timeout: 400_000 }, act);
}

await begin();
t.teardown(async () => {
  await on.deis('apps:destroy', '-a', APP, '--confirm', APP);
});

attack('five clients set config at the same time', async (t) => {
  const asked = await underLoad(t, () =>
    Promise.all([1, 2, 3, 4, 5].map((n) => deis('config:set', `K${n}=${n}`))),
  );
  await isWhole(t, { web: 3 });
  const config = await must('config');
  asked.forEach(({ code, stderr }, index) => {
    const isIn = new RegExp(`K${index + 1}\\b`).test(config);
    t.equal(isIn, code === 0, `K${index + 1}: ${code === 0 ? 'set' : stderr.trim().slice(0, 90)}`);
    if (code !== 0) t.match(stderr, /in progress|Try again/);
  });
  t.ok(
    asked.some(({ code }) => code === 0),
    'some were set',
  );
});

const WAYS: Partial<Record<DeploymentStep, () => Promise<Output>>> = {
  releasing: () => build(WEB, 'worker: exec sleep 100000', 'release: sleep 3'),
  restarting: () => deis('ps:restart'),
};
for (const step of [
  'queued',
  'releasing',
  'starting',
  'applying',
  'restarting',
  'withdrawing',
] as const) {
  attack(`cancelled at ${step}`, async (t) => {
    const before = (await record())?.id;
    const asking = reached(step, before);
    const change = (WAYS[step] ?? (() => deis('config:set', `AT=${step}`)))();
    const { asked, cancelled } = await underLoad(t, async () => {
      await asking;
      const cancelled = await deis('deploy:cancel');
      return { cancelled, asked: await change };
    });
    const last = await isWhole(t, { web: 3 });
    const said = cancelled.stderr.trim().split('\n')[0] ?? '';
    t.comment(`cancel: ${cancelled.code} ${said}; change: ${asked.code}; it is ${last.step}`);
    t.equal(asked.code === 0, last.step === 'done', 'the command told the truth');
    t.equal(cancelled.code === 0, last.step === 'reverted', 'and so did the one that cancelled');
  });
}

attack('a config value with hostile bytes', async (t) => {
  const value = `a"b'c$(touch /tmp/pwned)\`id\`%i%%\\n\n\tÄ💥 {{x}} \\`;
  await underLoad(t, () => must('config:set', `HOSTILE=${value}`));
  await isWhole(t, { web: 3 });
  const seen = JSON.parse((await on.get(APP, '/env.json')).body) as Record<string, string>;
  t.equal(seen['HOSTILE'], value);
  await must('config:unset', 'HOSTILE');
});

attack('an app that does not hear SIGTERM', async (t) => {
  await must('config:set', 'DEAF=1');
  const began = performance.now();
  await underLoad(t, () => must('config:unset', 'DEAF'));
  const seconds = (performance.now() - began) / 1000;
  await isWhole(t, { web: 3 });
  t.ok(seconds < 60, `gone after ${seconds.toFixed(1)} s, with 3 s between SIGTERM and SIGKILL`);
});

attack('scaled to nothing, changed, and back', async (t) => {
  await must('ps:scale', 'web=0');
  t.equal((await on.get(APP)).status, 503);
  await must('config:set', 'EMPTY=1');
  await isWhole(t, {});
  await must('ps:scale', 'web=3');
  await underLoad(t, async () => {
    await must('ps:scale', 'web=1');
    await must('ps:scale', 'web=3');
  });
  await isWhole(t, { web: 3 });
});

attack('a process type goes, and comes by another name', async (t) => {
  await must('ps:scale', 'worker=2');
  await isWhole(t, { web: 3, worker: 2 });
  t.equal((await underLoad(t, () => build(WEB, 'clock: exec sleep 100000'))).code, 0);
  await isWhole(t, { web: 3 });
  await must('ps:scale', 'clock=1');
  await isWhole(t, { web: 3, clock: 1 });
  t.equal((await underLoad(t, () => build(WEB, 'worker: exec sleep 100000'))).code, 0);
  await isWhole(t, { web: 3 });
});

if (!few) {
  attack('etcd loses its leader in the middle', async (t) => {
    const leader = await etcdLeader(on);
    const before = (await record())?.id;
    const asking = reached('starting', before);
    await underLoad(t, async () => {
      const change = deis('config:set', 'LED=1');
      await asking;
      await on.sh(leader, 'systemctl kill -s KILL etcd');
      t.comment(`the command ended with ${(await change).code}`);
      await isWhole(t, { web: 3 });
    });
  });

  attack('a machine dies in the middle', async (t) => {
    await must('config:set', 'SLOW=6');
    const before = (await record())?.id;
    const asking = reached('starting', before);
    const change = deis('config:set', 'ROUND=2');
    await asking;
    const { items } = await registry.list(keys.placements, [], on.signal);
    const busy = items.find(({ ids }) => ofApp(ids[1]!))!.ids[0]!;
    const victim = on.context.machines.find(({ id }) => id === busy)!;
    await on.kill(victim.name);
    const { code, stderr } = await change;
    t.comment(`the command ended with ${code}: ${stderr.slice(0, 300)}`);
    const last = await isWhole(t, { web: 3 }, true);
    if (code === 0) t.equal(last.step, 'done');
    await on.boot(victim.name);
    await isWhole(t, { web: 3 });
    await must('config:unset', 'SLOW');
  });
}

attack('destroyed in the middle', async (t) => {
  const before = (await record())?.id;
  const asking = reached('starting', before);
  const change = deis('config:set', 'SLOW=5');
  await asking;
  await on.mustDeis('apps:destroy', '-a', APP, '--confirm', APP);
  t.not((await change).code, 0, 'the change says that it was overtaken');
  await eventually('nothing is left of it', 60, async () => {
    const { wanted, states, services } = await traces();
    const left = [...wanted, ...states, ...services, ...(await containers())];
    if (left.length > 0) throw new Error(left.join(', '));
    return true;
  });
  t.equal(await record(), undefined);
  t.equal((await on.get(APP)).status, 404);
  await begin();
  await isWhole(t, { web: 3 });
});
