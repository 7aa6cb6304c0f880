// Bounds on time are promises about a box with two free cores. A busier or slower one gets as much more time as a fixed piece of
// work takes it longer, never less, and says so. `npm run proof` holds the code to the promise; `npm test`, which must say the same
// of the same code on any box and disk, fails only when it is missed by far, and says when it is missed at all.

import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';

/** Seconds that both halves of the work take side by side on two free cores of the box that the bounds were set on. */
const FREE = 0.45;

/** More than this is not a slow box but a broken one. */
const AT_MOST = 5;

/** How far a bound may be missed: `npm run proof` sets 1. */
export const GRACE = Number(process.env['DEIS_TEST_GRACE'] ?? 2);

/** What one core does: its own module, run by a worker thread. */
function work(): void {
  const block = Buffer.alloc(1 << 20, 7);
  const hash = createHash('sha256');
  for (let round = 0; round < 400; round += 1) hash.update(block);
  hash.digest();
}

const SOURCE = `const { createHash } = require('node:crypto'); (${work.toString()})();`;

async function half(): Promise<void> {
  const worker = new Worker(SOURCE, { eval: true });
  await new Promise((resolve, reject) => {
    worker.once('exit', resolve);
    worker.once('error', reject);
  });
}

/** How much longer than on the free box a piece of work takes right now: 1 … 5. */
export async function slowness(): Promise<number> {
  const began = performance.now();
  await Promise.all([half(), half()]);
  const seconds = (performance.now() - began) / 1000;
  return Math.min(AT_MOST, Math.max(1, seconds / FREE));
}

/** The bound for this box, as busy as it is: measured before and after what is timed, the slower one counts. */
export async function timed<T>(
  bound: number,
  run: () => Promise<T>,
): Promise<{ result: T; seconds: number; bound: number }> {
  const before = await slowness();
  const began = performance.now();
  const result = await run();
  const seconds = (performance.now() - began) / 1000;
  return { result, seconds, bound: await boundHere(seconds, bound, before) };
}

/** The same for what was timed already. Seconds. */
export async function boundHere(seconds: number, bound: number, before = 1): Promise<number> {
  const factor = Math.max(before, await slowness());
  if (factor > 1.1) console.log(`# this box is ${factor.toFixed(1)} times slower than a free one`);
  const promised = bound * factor;
  if (seconds > promised) {
    console.log(`# SLOW: ${seconds.toFixed(1)} s, promised are ${promised.toFixed(1)} s here`);
  }
  return promised * GRACE;
}
