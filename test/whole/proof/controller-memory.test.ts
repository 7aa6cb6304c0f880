// Nine minutes of everything that people do with a controller: its memory does not grow. Needs no machines.

import t from 'tap';
import { load, measuredController } from '../../controller/load/load.ts';

const MINUTES = Number(process.env['DEIS_MEMORY_MINUTES'] ?? 9);
const HOUR_MS = 3_600_000;
/** The first is for warming up. */
const PHASES = 18;
/** Bytes that the last phases may need more than the first ones, beyond a tenth. */
const SLACK = 8 * 1024 * 1024;
t.setTimeout(HOUR_MS);

/** What is only read. */
function request(turn: number): { method: string; path: string; body?: unknown } {
  if (turn % 50 === 0) {
    return { method: 'GET', path: '/v1/apps/blog/logs' };
  }
  if (turn % 25 === 0) return { method: 'GET', path: '/v2/apps/blog/trail' };
  return { method: 'GET', path: turn % 2 ? '/v1/apps/' : '/v1/apps/blog/containers/' };
}

t.test('memory stays flat', { timeout: HOUR_MS }, async (t) => {
  const controller = await measuredController();
  t.teardown(() => controller.stop());
  const seconds = (MINUTES * 60) / PHASES;
  let [good, refused] = [0, 0];
  const heaps: number[] = [];
  const resident: number[] = [];
  for (let phase = 0; phase < PHASES; phase += 1) {
    const all = await Promise.all([
      load(controller, { clients: 20, seconds, status: 200, request }),
      load(controller, { clients: 2, seconds, status: 200, request: login }),
      load(controller, { clients: 1, seconds, status: 201, request: setConfig }),
    ]);
    const [figures] = all;
    good += all.reduce((sum, { perSecond }) => sum + perSecond * seconds, 0);
    refused += all.reduce((sum, one) => sum + one.refused, 0);
    const memory = await controller.memory();
    const megabytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MB`;
    t.comment(
      `phase ${phase + 1}: ${figures.perSecond.toFixed(0)}/s, heap ${megabytes(memory.heapUsed)}, resident ${megabytes(memory.rss)}`,
    );
    if (phase === 0) continue;
    heaps.push(memory.heapUsed);
    resident.push(memory.rss);
  }
  t.ok(refused <= good / 10, `${good.toFixed(0)} answers, ${refused} refused`);
  for (const [name, values] of [
    ['heap', heaps],
    ['resident', resident],
  ] as const) {
    const third = Math.floor(values.length / 3);
    const before = median(values.slice(0, third));
    const after = median(values.slice(-third));
    t.ok(
      after <= before * 1.1 + SLACK,
      `${name}: ${(before / 1024 ** 2).toFixed(1)} MB, at the end ${(after / 1024 ** 2).toFixed(1)} MB`,
    );
  }
});

function login(): { method: string; path: string; body: object } {
  return {
    method: 'POST',
    path: '/v1/auth/login/',
    body: { username: 'bob', password: 'secret' },
  };
}

function setConfig(turn: number): { method: string; path: string; body: object } {
  const path = '/v1/apps/app-1/config/';
  return { method: 'POST', path, body: { values: { [`KEY_${turn % 10}`]: String(turn) } } };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
