// Nine minutes of everything that people do with a controller: its memory does not grow. The controller is alone in its
// process; etcd and the pretended cluster are another's, the clients this one's. Needs no machines.
// DEIS_PLANTED_LEAK=1 plants a leak of 200 KB a second, DEIS_MEMORY_MINUTES makes it shorter.

import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { type Measured, load, measuredController } from '../../controller/load/load.ts';

const MINUTES = Number(process.env['DEIS_MEMORY_MINUTES'] ?? 9);
const PHASES = 12;
/** For warming up: code is compiled, pools are filled. */
const FIRST_PHASES = 2;
const MB = 1024 ** 2;
/** Bytes that the last phases may need more than the first ones, beyond a twentieth: what is held is known better than what is resident. */
const SLACK = { held: 4 * MB, resident: 8 * MB };
t.setTimeout(900_000);

/** What is only read. */
function request(turn: number): { method: string; path: string } {
  if (turn % 50 === 0) return { method: 'GET', path: '/v1/apps/blog/logs?log_lines=100' };
  if (turn % 25 === 0) return { method: 'GET', path: '/v2/apps/blog/trail' };
  return { method: 'GET', path: turn % 2 ? '/v1/apps/' : '/v1/apps/blog/containers/' };
}

t.test('memory stays flat', async (t) => {
  const controller = await measuredController();
  t.teardown(() => controller.stop());
  const seconds = (MINUTES * 60) / PHASES;
  let [good, refused] = [0, 0];
  const held: number[] = [];
  const resident: number[] = [];
  for (let phase = 1; phase <= PHASES; phase += 1) {
    // As many as people ask, whether the box is free or not: a phase is like the others.
    const [all, streams] = await Promise.all([
      Promise.all([
        load(controller, { clients: 20, pause: 500, seconds, status: 200, request }),
        load(controller, { clients: 2, pause: 1000, seconds, status: 200, request: login }),
        load(controller, { clients: 1, pause: 1000, seconds, status: 201, request: setConfig }),
      ]),
      passersBy(controller, seconds),
    ]);
    refused += streams.refused;
    const rate = all.reduce((sum, { perSecond }) => sum + perSecond, 0);
    good += rate * seconds;
    refused += all.reduce((sum, one) => sum + one.refused, 0);
    const { heapUsed, external, rss } = await controller.memory();
    t.comment(
      `phase ${phase}: ${rate.toFixed(0)}/s, ${streams.good} streams, heap ${shown(heapUsed)}, beside it ${shown(external)}, resident ${shown(rss)}`,
    );
    if (phase <= FIRST_PHASES) continue;
    held.push(heapUsed + external);
    resident.push(rss);
  }
  t.ok(refused <= good / 10, `${good.toFixed(0)} answers, ${refused} refused`);
  for (const [name, values] of [
    ['held', held],
    ['resident', resident],
  ] as const) {
    const third = Math.floor(values.length / 3);
    const [before, after] = [median(values.slice(0, third)), median(values.slice(-third))];
    t.ok(
      after <= before * 1.05 + SLACK[name],
      `${name}: ${shown(before)}, at the end ${shown(after)}`,
    );
  }
});

/** One after the other looks at what happens to an app and at its log for a moment, and goes. */
async function passersBy(
  { port, token }: Measured,
  seconds: number,
): Promise<{ good: number; refused: number }> {
  const end = performance.now() + seconds * 1000;
  const count = { good: 0, refused: 0 };
  while (performance.now() < end) {
    const path = count.good % 2 ? '/v2/apps/blog/events' : '/v2/apps/blog/logs/stream';
    const status = await aMoment(port, path, token);
    if (status === 200) count.good += 1;
    else if (status === 503) count.refused += 1;
    else throw new Error(`${path}: ${status}`);
  }
  return count;
}

async function aMoment(port: number, path: string, token: string): Promise<number> {
  const headers = { authorization: `token ${token}` };
  const asked = http.get({ host: '127.0.0.1', port, path, headers, agent: false });
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  asked.once('response', resolve).once('error', reject);
  const answer = await promise;
  answer.on('error', () => undefined).resume();
  await delay(300);
  asked.destroy();
  return answer.statusCode ?? 0;
}

function login(): { method: string; path: string; body: object } {
  const body = { username: 'bob', password: 'secret' };
  return { method: 'POST', path: '/v1/auth/login/', body };
}

function setConfig(turn: number): { method: string; path: string; body: object } {
  const path = '/v1/apps/app-1/config/';
  return { method: 'POST', path, body: { values: { [`KEY_${turn % 10}`]: String(turn) } } };
}

function shown(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
