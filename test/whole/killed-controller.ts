// The controllers are killed with SIGKILL, from outside, at the moment a deployment reaches a step: the app ends with the new release
// everywhere or with the old one everywhere, is served all the time, and the record tells the truth throughout.
// DEIS_KILL_STEPS names the steps; DEIS_KILL=driver kills only the one that drives.

import t, { type Test } from 'tap';
import type { Deployment, DeploymentStep } from '../../src/model/rollout.ts';
import { keys } from '../../src/registry/keys.ts';
import { Mirror } from '../../src/registry/mirror.ts';
import { controllers } from './controllers.ts';
import { startLoad } from './load.ts';
import { eventually, type Output, platform } from './platform.ts';
import { activeUnits, openStore } from './store.ts';
import { untruths } from './truth.ts';

const on = await platform();
const store = await openStore(on);
const { registry } = store;
const APP = 'swap';
const STEPS = (process.env['DEIS_KILL_STEPS'] ?? 'starting,withdrawing').split(
  ',',
) as DeploymentStep[];
const onlyDriver = process.env['DEIS_KILL'] === 'driver';
const ENDED = ['done', 'reverted'];
const LINE = '[ -z "$CRASH" ] || exit 3; exec node web.js';

await on.deis('apps:create', APP, '--no-remote');
await on.mustDeis(
  'builds:create',
  on.hello.reference,
  '-a',
  APP,
  '-p',
  `web: ${LINE}\nrelease: sleep 1`,
);
await on.mustDeis('ps:scale', 'web=3', '-a', APP);
t.teardown(async () => {
  await on.deis('apps:destroy', '-a', APP, '--confirm', APP);
});

/** How each step comes about, and what is done at a step that waits for somebody. */
const WAYS: Partial<Record<DeploymentStep, () => Promise<Output>>> = {
  restarting: () => on.deis('ps:restart', '-a', APP),
  reverting: () => on.deis('config:set', 'CRASH=1', '-a', APP),
  paused: () => on.deis('config:set', 'CRASH=1', '-a', APP),
};
let round = 0;
const usual = (): Promise<Output> => on.deis('config:set', `ROUND=${(round += 1)}`, '-a', APP);

/** Resolves when the step is reached, with whom it killed; the app must have no unfinished deployment. */
async function killAt(step: DeploymentStep, signal: AbortSignal): Promise<string> {
  const pids = await controllers(on);
  const mirror = new Mirror(keys.deployments);
  const locks = new Mirror(keys.locks);
  const over = new AbortController();
  const ends = AbortSignal.any([signal, over.signal]);
  const before = (await registry.get(keys.deployments, [APP], signal))?.value.id;
  const done = Promise.withResolvers<string>();
  const look = (): void => {
    const now = mirror.get(APP)?.value;
    const reached = now?.id !== before && now?.events.some((event) => event.step === step);
    if (!now || !reached) return;
    const holder = locks.get(`deployment-${APP}`)?.value.replace('controller ', '');
    const victims = [...pids].filter(([machine]) => !onlyDriver || !holder || machine === holder);
    for (const [, pid] of victims) kill(pid);
    done.resolve(`${victims.length} controllers at ${now.step}`);
  };
  const watching = Promise.all([
    locks.start(registry.store, look, ends),
    mirror.start(registry.store, look, ends),
  ]);
  try {
    return await done.promise;
  } finally {
    over.abort();
    await watching;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Looks again and again whether the record tells the truth; `stop` answers what was untrue. */
function watchTruth(): { stop: () => Promise<string[]> } {
  const found = new Set<string>();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      for (const text of await untruths(registry, APP, on.signal)) found.add(text);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    async stop() {
      isOver = true;
      await looking;
      return [...found];
    },
  };
}

for (const step of STEPS) {
  t.test(`killed at ${step}`, { timeout: 240_000 }, async (t) => {
    const isPaused = step === 'paused';
    if (isPaused) await on.mustDeis('policy:set', 'autoRevert=off', '-a', APP);
    const before = (await registry.get(keys.apps, [APP], on.signal))!.value.release;
    const requests = startLoad({
      host: '127.0.0.1',
      port: on.context.doors.http,
      site: `${APP}.${on.context.domain}`,
      rate: 50,
    });
    const truth = watchTruth();
    const killing = killAt(step, on.signal);
    const asked = (WAYS[step] ?? usual)();
    t.comment(`killed ${await killing}`);
    const { code } = await asked;
    if (isPaused) await giveUp();
    const last = await ended();
    t.comment(`${last.step}; the command ended with ${code}; steps: ${stepsOf(last)}`);
    if (code === 0) t.equal(last.step, 'done', 'the command told the truth');
    await t.test('one release everywhere', (t) => oneRelease(t, last, before));
    t.same(await truth.stop(), [], 'the record told the truth throughout');
    const { failures, answered } = await requests.stop();
    t.same(failures, [], `${answered} requests answered`);
    await eventually('the API is back', 60, async () => (await on.deis('apps:list')).code === 0);
    if (isPaused) await on.mustDeis('policy:unset', 'autoRevert', '-a', APP);
  });
}

/** A paused deployment is the same after everybody was killed, and somebody cancels it. */
async function giveUp(): Promise<void> {
  await eventually('the controllers are back and it is cancelled', 90, async () => {
    const { code } = await on.deis('deploy:cancel', '-a', APP);
    const now = (await registry.get(keys.deployments, [APP], on.signal))?.value.step ?? 'done';
    return code === 0 || ENDED.includes(now);
  });
}

async function ended(): Promise<Deployment> {
  return eventually('the deployment ended', 150, async () => {
    const now = (await registry.get(keys.deployments, [APP], on.signal))?.value;
    return now && ENDED.includes(now.step) && now;
  });
}

const stepsOf = ({ events }: Deployment): string => events.map(({ step }) => step).join(' ');

async function oneRelease(t: Test, last: Deployment, before: number): Promise<void> {
  const { release } = (await registry.get(keys.apps, [APP], on.signal))!.value;
  t.equal(release, last.step === 'done' ? last.to : before, `the app is at v${release}`);
  const units = await eventually('three containers', 60, async () => {
    const all = await activeUnits(store, `${APP}_v`, on.signal);
    return all.length === 3 && all;
  });
  const is = `${APP}_v${release}.`;
  t.ok(
    units.every((unit) => unit.startsWith(is)),
    `${units.join(', ')} are all of v${release}`,
  );
  const made = await registry.get(keys.releases, [APP, String(last.to)], on.signal);
  if (last.to !== last.from) {
    t.equal(made?.value.state, last.step === 'done' ? 'live' : 'failed', 'so says the ledger');
  }
  const seen = await versions();
  t.equal(seen.length, 3, 'three containers answer');
  t.equal(new Set(seen.map((line) => line.split(' ').slice(1).join(' '))).size, 1, seen.join(', '));
}

/** What each container that is routed to says of itself: its values, the same for all in the end. */
async function versions(): Promise<string[]> {
  const found = new Set<string>();
  for (let asked = 0; asked < 20; asked += 1) {
    const { body } = await on.get(APP, '/env.json');
    const { HOSTNAME, DEIS_RELEASE, ROUND } = JSON.parse(body) as Record<string, string>;
    found.add(`${HOSTNAME} ${DEIS_RELEASE} ${ROUND}`);
  }
  return [...found];
}
