// A controller: the API, and the drivers of deployments. Any number run side by side; none remembers anything that matters.

import type { Server } from 'node:http';
import { Loop } from '../daemon/loop.ts';
import { DeisError } from '../model/errors.ts';
import { withLock } from '../registry/lock.ts';
import { type HoldLock, driveDeployments } from './deployment/drivers.ts';
import { sweep } from './deployment/sweep.ts';
import { World } from './deployment/world.ts';
import { Registry } from '../registry/registry.ts';
import { impatient } from './impatient-store.ts';
import { apiServer } from './server.ts';
import type { Services } from './services.ts';
import { Throttles } from './throttle.ts';
import { Turns } from './turns.ts';

export interface ControllerOptions extends Omit<Services, 'world' | 'throttles' | 'turns'> {
  /** Where it runs. */
  machine: { id: string; name: string; ip: string };
  listen: { host: string; port: number };
  /** Makes its server speak mutual TLS too, for builders; left out in tests. */
  secure?: (server: Server) => void;
  /** How it becomes the only one that drives an app's deployment; by default a lock in the store. */
  holdLock?: HoldLock;
  /** Told once it listens. */
  onListening?: (address: string) => void;
}

/** Longest time that running requests are waited for at the end, ms: below the unit's StopTimeout. */
const LAST_REQUESTS_MS = 20_000;
/** Callers hear within 3 s that the store is away, however slow the rest of the way is. */
const PATIENCE_MS = 2200;
const SWEEP_EVERY_MS = 60_000;
const SWEEP_AT_LEAST_MS = 250;

/**
 * Runs until the signal aborts: then /healthz fails, no connection is accepted any more, requests that run are finished
 * (waiting ones are told after 20 s that their deployment goes on elsewhere), and the locks are given back.
 */
export async function runController(
  options: ControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { registry, clock, log, listen, secure, holdLock, onListening, ...ports } = options;
  const world = new World();
  const locks = holdLock ?? storeLocks(options);
  const throttles = new Throttles(clock);
  const turns = new Turns(clock);
  const services: Services = { registry, clock, log, world, throttles, turns, ...ports };
  const last = new AbortController();
  const work = new AbortController();
  const api = { ...services, registry: new Registry(impatient(registry.store, PATIENCE_MS)) };
  const server = apiServer(api, {
    stopping: last.signal,
    leaving: signal,
  });
  const sweeper = new Loop({
    name: 'sweep',
    pass: async (passSignal) => {
      for (const unit of await sweep(registry, world, passSignal))
        log.info('unit record removed', { unit });
    },
    every: SWEEP_EVERY_MS,
    atLeast: SWEEP_AT_LEAST_MS,
    clock,
    log,
  });
  const stopHints = world.onHint(sweeper.hint);
  const working = Promise.all([
    world.run(registry.store, work.signal),
    driveDeployments(services, locks, work.signal),
    sweeper.run(work.signal),
  ]);
  try {
    secure?.(server.server);
    const address = await server.listen(listen);
    log.info('controller listening', { address });
    onListening?.(address);
    await Promise.race([ended(signal), working]);
  } finally {
    const timer = setTimeout(
      () => last.abort(new DeisError('unavailable', STOPPING)),
      LAST_REQUESTS_MS,
    );
    await server.close();
    clearTimeout(timer);
    stopHints();
    work.abort(new DeisError('unavailable', STOPPING));
    await working;
    log.info('controller stopped');
  }
}

/** Seconds after which another controller carries on what one that was killed has begun. */
const LOCK_TTL = 5;

/** Locks of this controller. Its next life on the same machine gets them back at once. */
export function storeLocks({
  registry,
  machine,
  clock,
  log,
}: Pick<ControllerOptions, 'registry' | 'machine' | 'clock' | 'log'>): HoldLock {
  const holder = `controller ${machine.id}`;
  return (name, act, signal) =>
    withLock(
      { registry, name, holder, ttl: LOCK_TTL, clock, log },
      ({ fence, lost }) => act({ fence: [fence], signal: AbortSignal.any([signal, lost]) }),
      signal,
    );
}

const STOPPING =
  'This controller is stopping. What was begun goes on: see `deis releases` and `deis ps`.';

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
