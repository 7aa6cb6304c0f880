// When a container is healthy: the arithmetic, the job that runs it, and real probes of real sockets.

import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import t, { type Test } from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import {
  type HealthRecord,
  judge,
  rememberedHealth,
  type Verdict,
} from '../../src/agent/health.ts';
import { watchHealth } from '../../src/agent/probe-job.ts';
import { probe } from '../../src/agent/probe.ts';
import { check } from './views.ts';

const PASSED: Verdict = { kind: 'passed' };
const FAILED: Verdict = { kind: 'failed', reason: 'GET / answered 500', refused: false };
const forever = new AbortController().signal;

void t.test('two failures in a row withdraw, one success heals', async (t) => {
  const once = judge(rememberedHealth('healthy'), FAILED, check);
  t.equal(once.health, 'healthy');
  t.equal(judge(judge(once, PASSED, check), FAILED, check).health, 'healthy', 'not in a row');
  const twice = judge(once, FAILED, check);
  t.match(twice, { health: 'unhealthy', reason: 'GET / answered 500' });
  t.equal(judge(twice, FAILED, check).health, 'unhealthy');
  t.equal(judge(twice, PASSED, check).health, 'healthy');
});

void t.test(
  'what was never healthy does not become unhealthy, however often it fails',
  async (t) => {
    let record = rememberedHealth('none');
    for (let n = 0; n < 10; n += 1) record = judge(record, FAILED, check);
    t.match(record, { health: 'unknown', failures: 10 });
  },
);

/** Probes that follow a script; the last verdict goes on for ever. */
async function job(
  t: Test,
  script: Verdict[],
  options: { before?: HealthRecord; initialDelay?: number } = {},
) {
  const clock = manualClock();
  const told: string[] = [];
  const times: number[] = [];
  const stop = new AbortController();
  const { initialDelay = 0, ...before } = options;
  const running = watchHealth(
    {
      target: { host: '10.0.0.1', port: 1 },
      check: { ...check, initialDelay },
      probe: async () => {
        times.push(clock.monotonic());
        return script.length > 1 ? script.shift()! : script[0]!;
      },
      clock,
      tell: ({ health }) => told.push(`${clock.monotonic()} ${health}`),
      ...before,
    },
    stop.signal,
  );
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  return { clock, told, times };
}

void t.test('it is probed every 100 ms until the first success, then every 2 s', async (t) => {
  const { clock, told, times } = await job(t, [FAILED, FAILED, FAILED, PASSED]);
  await clock.advance(5000);
  t.strictSame(times, [0, 100, 200, 300, 2300, 4300]);
  t.strictSame(told, ['0 unknown', '300 healthy']);
});

void t.test('an initial delay is kept for a new container, not for one we knew', async (t) => {
  const fresh = await job(t, [PASSED], { initialDelay: 3 });
  await fresh.clock.advance(4000);
  t.equal(fresh.times[0], 3000);
  const known = await job(t, [PASSED], { initialDelay: 3, before: rememberedHealth('healthy') });
  await known.clock.advance(1000);
  t.equal(known.times[0], 0);
  t.strictSame(known.told, [], 'and what is as it was is no news');
});

function listening(t: Test, server: Server): Promise<number> {
  t.teardown(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

void t.test('probes of real sockets', async (t) => {
  const host = '127.0.0.1';
  const statuses: Record<string, number> = { '/': 200, '/moved': 302, '/broken': 500 };
  const port = await listening(
    t,
    createServer((asked, answer) => {
      if (asked.url === '/silent') return;
      answer.writeHead(statuses[asked.url ?? ''] ?? 404).end('x');
    }),
  );
  const at = (path?: string): Promise<Verdict> =>
    probe({ host, port, ...(path !== undefined && { path }) }, 300, forever);
  t.strictSame(await at(), PASSED, 'TCP');
  t.strictSame(await at('/'), PASSED);
  t.strictSame(await at('/moved'), PASSED);
  t.match(await at('/broken'), { reason: 'GET /broken answered 500', refused: false });
  t.match(await at('/silent'), { reason: 'no answer within 300 ms', refused: false });
  const closed = createTcpServer();
  const free = await listening(t, closed);
  await new Promise((resolve) => closed.close(resolve));
  const verdict = await probe({ host, port: free }, 300, forever);
  t.match(verdict, { reason: 'connection refused', refused: true });
  const ended = AbortSignal.abort(new Error('over'));
  await t.rejects(probe({ host, port }, 300, ended), { message: 'over' });
});
