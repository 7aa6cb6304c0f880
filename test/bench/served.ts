// How long users wait for what the platform knows: an upstream in the store until every router serves it, a new value of an app's
// config until it runs everywhere.

import { request } from 'node:http';
import { keys } from '../../src/registry/keys.ts';
import { put, remove } from '../../src/registry/registry.ts';
import { openCluster } from '../../src/cli/context.ts';
import { deployHello, platform } from '../whole/platform.ts';

const UPSTREAMS = 100;
const CHANGES = 8;
const ASK_EVERY_MS = 2;
const TOO_LATE_MS = 20_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function status(ip: string, host: string): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({ host: ip, port: 80, agent: false, headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', () => resolve(0)).end();
  });
}

/** Seconds from the write of an upstream's key to the first answer of the last router that comes from it, by real requests. */
export async function publishToServed(): Promise<number[]> {
  const on = await platform();
  await deployHello(on, 'hello', { web: 1 });
  const cluster = await openCluster({ cluster: on.name });
  const { registry } = cluster;
  try {
    const { items } = await registry.list(keys.services, ['hello'], on.signal);
    const address = items[0]!.value;
    const values: number[] = [];
    for (let run = 0; run < UPSTREAMS; run += 1) {
      const ids = [`bench-${run}`, `bench-${run}_v1.web.1.service`];
      const host = `bench-${run}.${on.context.domain}`;
      const began = performance.now();
      await registry.commit([], [put(keys.services, ids, address)], on.signal);
      await Promise.all(
        on.context.machines.map(async ({ ip }) => {
          while ((await status(ip, host)) !== 200) {
            if (performance.now() - began > TOO_LATE_MS) throw new Error(`${host} not at ${ip}`);
            await pause(ASK_EVERY_MS);
          }
        }),
      );
      values.push((performance.now() - began) / 1000);
      await registry.commit([], [remove(keys.services, ids)], on.signal);
      await pause(50);
    }
    return values;
  } finally {
    cluster.close();
  }
}

/** Seconds of `deis config:set` for an app with three containers whose image is on the machines: the new release is live at its end. */
export async function configChanges(): Promise<number[]> {
  const on = await platform();
  await deployHello(on, 'change', { web: 3 });
  const values: number[] = [];
  for (let run = 0; run < CHANGES; run += 1) {
    const began = performance.now();
    await on.mustDeis('config:set', `ROUND=${run}`, '-a', 'change');
    values.push((performance.now() - began) / 1000);
  }
  await on.mustDeis('apps:destroy', '-a', 'change', '--confirm', 'change');
  return values;
}
