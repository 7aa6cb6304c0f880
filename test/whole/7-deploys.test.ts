// No request and no connection is lost while an app is deployed, scaled and restarted: through all routers, the app ending at once when
// it is told to. DEIS_DEPLOYS says how often; DEIS_EVERY_CHANGE adds what changes routers and machines.

import t, { type Test } from 'tap';
import { deployLive } from './live-app.ts';
import { platform } from './platform.ts';
import { routerChanges } from './router-changes.ts';
import { type Siege, startSiege } from './siege.ts';

const on = await platform();
const { domain, machines } = on.context;
const CHANGED = 'swift';
const HELD = 'steady';
const deploys = Number(process.env['DEIS_DEPLOYS'] ?? 10);
const isLong = process.env['DEIS_EVERY_CHANGE'] !== undefined;

const routers = machines.map(({ ip }) => ({ host: ip, port: 80 }));
const doors = [{ host: '127.0.0.1', port: on.context.doors.http }];

t.teardown(async () => {
  for (const app of [CHANGED, HELD]) await on.deis('apps:destroy', '-a', app, '--confirm', app);
});
await deployLive(on, { [CHANGED]: { web: 3 }, [HELD]: { web: 2 } });
// What new containers have to prove is not what this file is about.
await on.mustDeis('policy:set', 'minHealthy=0', '-a', CHANGED);

/** Does it while users are at it, and says of each step what was lost in it. */
async function besieged(
  t: Test,
  through: readonly { host: string; port: number }[],
  steps: [what: string, act: () => Promise<unknown>][],
): Promise<void> {
  const asked = `${CHANGED}.${domain}`;
  const siege: Siege = await startSiege({ doors: through, asked, held: `${HELD}.${domain}` });
  for (const [what, act] of steps) {
    const lost = siege.mark();
    const began = performance.now();
    await act();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    t.same(lost().slice(0, 20), [], `${what}: nothing lost (${seconds} s)`);
  }
  const { answered, failures, dropped, echoed, lines, slowest, p999, heldUp } = await siege.stop();
  const { at, took, queued, connecting } = slowest;
  const way = `after ${at | 0} ms: ${queued | 0} ms for a connection, ${connecting | 0} ms to connect`;
  t.comment(`99.9% within ${p999 | 0} ms; the slowest ${took | 0} ms (${way})`);
  t.comment(`this process was held up for ${heldUp | 0} ms at most`);
  t.equal(failures.length, 0, `0 failed of ${answered} requests`);
  t.same(dropped, [], `${echoed} frames and ${lines} lines through connections that were held`);
  t.ok(answered > 100 && echoed > 100 && lines > 50, 'there were users');
}

t.test(
  'deploys, scaling and a restart, through all routers',
  { timeout: Math.max(1_150_000, deploys * 14_000) },
  (t) =>
    besieged(t, routers, [
      ...Array.from({ length: deploys }, (_, index): [string, () => Promise<unknown>] => [
        `deploy ${index + 1}`,
        () => on.mustDeis('config:set', `ROUND=${index}`, '-a', CHANGED),
      ]),
      ['scale web=1', () => on.mustDeis('ps:scale', 'web=1', '-a', CHANGED)],
      ['scale web=5', () => on.mustDeis('ps:scale', 'web=5', '-a', CHANGED)],
      ['restart', () => on.mustDeis('ps:restart', '-a', CHANGED)],
    ]),
);

if (isLong) {
  const changes = routerChanges(on, CHANGED, HELD);
  t.test('settings and certificates', { timeout: 900_000 }, (t) =>
    besieged(t, routers, changes.inPlace),
  );
  t.test('routers come and go, and a machine, through the doors', { timeout: 900_000 }, (t) =>
    besieged(t, doors, changes.comeAndGo),
  );
}
