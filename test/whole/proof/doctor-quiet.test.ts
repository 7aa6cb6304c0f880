// No false alarm: asked again and again while an app is deployed, scaled and restarted, and while components are restarted, the
// doctor finds nothing.

import t from 'tap';
import { ask, untilHealthy } from '../doctor/doctor.ts';
import { deployHello, platform, type Output } from '../platform.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3 });

const WORK: { what: string; run: () => Promise<Output> }[] = [
  {
    what: 'a config change',
    run: () => on.deis('config:set', `ROUND=${Date.now()}`, '-a', 'hello'),
  },
  { what: 'scaling up', run: () => on.deis('ps:scale', 'web=5', '-a', 'hello') },
  { what: 'scaling down', run: () => on.deis('ps:scale', 'web=3', '-a', 'hello') },
  { what: 'a restart', run: () => on.deis('ps:restart', '-a', 'hello') },
  { what: 'a restart of a router', run: () => on.deisctl('restart', 'router@1') },
];

for (const { what, run } of WORK) {
  t.test(what, { timeout: 300_000 }, async (t) => {
    await untilHealthy(on);
    let done = false;
    const work = run().finally(() => (done = true));
    const alarms: string[] = [];
    let asked = 0;
    while (!done) {
      const { told } = await ask(on);
      asked += 1;
      alarms.push(...told.findings.map(({ says }) => says));
    }
    t.equal((await work).code, 0, what);
    t.same(alarms, [], `asked ${asked} times`);
  });
}
