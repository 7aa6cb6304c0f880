// Every controller is killed in the middle of a deployment, at one moment after the other: the app ends with the new release everywhere
// or with the old one everywhere, and is served all the time.

import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { startLoad } from './load.ts';
import { deployHello, eventually, platform } from './platform.ts';
import { activeUnits, openStore } from './store.ts';

const on = await platform();
const store = await openStore(on);
const { registry } = store;
const APP = 'swap';
/** ms after the command began; a deployment of three containers takes some seconds. */
const MOMENTS = (process.env['DEIS_KILL_MOMENTS'] ?? '1200,2500').split(',').map(Number);
const ENDED = ['done', 'reverted'];

t.before(() => deployHello(on, APP, { web: 3 }));
t.teardown(async () => {
  await on.deis('apps:destroy', '-a', APP, '--confirm', APP);
});

/** What each container that is routed to says of itself: its values, the same for all in the end. */
async function versions(): Promise<string[]> {
  const found = new Set<string>();
  for (let asked = 0; asked < 20; asked += 1) {
    const { body } = await on.get(APP, '/env.json');
    const { HOSTNAME, DEIS_RELEASE, MOMENT } = JSON.parse(body) as Record<string, string>;
    found.add(`${HOSTNAME} ${DEIS_RELEASE} ${MOMENT}`);
  }
  return [...found];
}

for (const moment of MOMENTS) {
  t.test(`killed ${moment} ms after the beginning`, { timeout: 240_000 }, async (t) => {
    const before = await registry.get(keys.apps, [APP], on.signal);
    const requests = startLoad({
      host: '127.0.0.1',
      port: on.context.doors.http,
      site: `${APP}.${on.context.domain}`,
      rate: 50,
    });
    const asked = on.deis('config:set', `MOMENT=${moment}`, '-a', APP);
    await new Promise((resolve) => setTimeout(resolve, moment));
    const step = (await registry.get(keys.deployments, [APP], on.signal))?.value.step ?? 'none';
    await Promise.all(
      on.context.machines.map(({ name }) =>
        on.exec(name, "pkill -KILL -f '^/opt/deis/bin/node .* controller deis-controller@'"),
      ),
    );
    const { code } = await asked;
    t.comment(`killed at step "${step}"; the command ended with ${code}`);
    const last = await eventually('the deployment ended', 150, async () => {
      const deployment = await registry.get(keys.deployments, [APP], on.signal);
      return ENDED.includes(deployment?.value.step ?? 'done') && { deployment };
    });
    const { release } = (await registry.get(keys.apps, [APP], on.signal))!.value;
    const is = `v${release}`;
    const state = last.deployment?.value.step ?? 'done';
    t.comment(`${state}: ${before?.value.release} → ${release}`);
    const units = await eventually('three containers', 60, async () => {
      const all = await activeUnits(store, `${APP}_v`, on.signal);
      return all.length === 3 && all;
    });
    t.ok(
      units.every((unit) => unit.startsWith(`${APP}_${is}.`)),
      `${units.join(', ')} are all of ${is}`,
    );
    const seen = await versions();
    t.equal(seen.length, 3, 'three containers answer');
    t.equal(
      new Set(seen.map((line) => line.split(' ').slice(1).join(' '))).size,
      1,
      seen.join(', '),
    );
    const { failures, answered } = await requests.stop();
    t.same(failures, [], `${answered} requests answered`);
    await eventually('the API is back', 60, async () => (await on.deis('apps:list')).code === 0);
  });
}
