// Every core of the box is taken for a while: machines answer late, and none of them is dead. Nothing is declared lost, nothing moves.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { startLoad } from './load.ts';
import { containers, deployHello, platform } from './platform.ts';
import { openStore } from './store.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3, worker: 1 });
const { registry } = await openStore(on);
const SECONDS = Number(process.env['DEIS_BUSY_SECONDS'] ?? 15);

/** Two loops for each core, as `stress --cpu` does it; ends by `stop` or with this process. */
function takeAllCores(): { stop: () => void } {
  const loops = Array.from({ length: 2 * availableParallelism() }, () => {
    const script = `const end = Date.now() + ${SECONDS + 30} * 1000; while (Date.now() < end) Math.sqrt(end);`;
    return spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  });
  return { stop: () => loops.forEach((loop) => loop.kill('SIGKILL')) };
}

t.test(`all cores busy for ${SECONDS} s`, { timeout: (SECONDS + 120) * 1000 }, async (t) => {
  const before = await containers(on);
  const declared: string[] = [];
  const stop = new AbortController();
  const watching = registry.store.watch(
    keys.lost.under(),
    {
      snapshot: ({ entries }) => declared.push(...entries.map(({ key }) => key)),
      changes: (changes) => {
        for (const change of changes) if (change.kind === 'put') declared.push(change.entry.key);
      },
      interrupted: () => undefined,
    },
    stop.signal,
  );
  const requests = startLoad({
    host: '127.0.0.1',
    port: on.context.doors.http,
    site: `hello.${on.context.domain}`,
    rate: 20,
  });
  const loops = takeAllCores();
  t.teardown(() => loops.stop());
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  loops.stop();
  const { failures, answered, latencies } = await requests.stop();
  stop.abort();
  await watching;
  t.same(declared, [], 'no machine was declared lost');
  const slowest = Math.round(latencies.at(-1) ?? 0);
  t.same(failures, [], `${answered} requests answered, the slowest after ${slowest} ms`);
  t.same(await containers(on), before, 'no container was restarted or moved');
});
