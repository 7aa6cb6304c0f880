// A clock that moves only when it is told to: for tests of rules about time.

import type { Clock } from '../ports/clock.ts';

interface Sleeper {
  until: number;
  wake: () => void;
}

export interface ManualClock extends Clock {
  /** Moves on by `ms`, waking sleepers in the order of their times and letting their work run in between. */
  advance(ms: number): Promise<void>;
  /** How many wait for a later time. */
  readonly sleeping: number;
}

/** Starts at 1970 and monotonic zero. */
export function manualClock(): ManualClock {
  const sleepers = new Set<Sleeper>();
  let time = 0;

  const next = (end: number): Sleeper | undefined => {
    const due = [...sleepers].filter(({ until }) => until <= end);
    return due.toSorted((a, b) => a.until - b.until)[0];
  };

  return {
    now: () => time,
    monotonic: () => time,
    get sleeping() {
      return sleepers.size;
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const sleeper = {
          until: time + Math.max(0, ms),
          wake: () => {
            sleepers.delete(sleeper);
            signal.removeEventListener('abort', stop);
            resolve();
          },
        };
        const stop = (): void => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        };
        signal.addEventListener('abort', stop, { once: true });
        sleepers.add(sleeper);
      });
    },
    async advance(ms) {
      const end = time + ms;
      await settle();
      for (let due = next(end); due; due = next(end)) {
        time = Math.max(time, due.until);
        due.wake();
        await settle();
      }
      time = end;
    },
  };
}

/** Lets everything run that waits only for promises. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
