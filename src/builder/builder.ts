// A builder: the door of `git push`. Any number may run, one a machine; what it keeps on disk is a copy.

import { mkdir } from 'node:fs/promises';
import { Loop } from '../daemon/loop.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import { hostKey } from './host-key.ts';
import { userOf } from './login.ts';
import type { BuilderNeeds } from './needs.ts';
import { repositories } from './rooms.ts';
import { serve } from './serve.ts';
import { clearWork, sweepGone } from './sweep.ts';

/** How long running pushes may go on when the builder is told to stop, ms: below the unit's StopTimeout. */
const LAST_PUSHES_MS = 100_000;
const SWEEP_EVERY_MS = 3600_000;
const SWEEP_AT_LEAST_MS = 5000;

/** Runs until the signal aborts and the pushes that then run have ended, or 100 s have passed. */
export async function runBuilder(needs: BuilderNeeds, signal: AbortSignal): Promise<void> {
  const { registry, vault, log, ssh, newHostKey, listen, state } = needs;
  await clearWork(state);
  await mkdir(repositories(state), { recursive: true, mode: 0o700 });
  const key = await hostKey(registry, vault, newHostKey, signal);
  const end = new AbortController();
  const onStop = (): void => {
    setTimeout(() => end.abort(new Error('the builder is stopping')), LAST_PUSHES_MS).unref();
  };
  signal.addEventListener('abort', onStop, { once: true });
  log.info('builder listening', { address: `${listen.host}:${listen.port}` });
  await Promise.all([
    ssh(
      {
        hostKeys: [key],
        listen,
        login: (offered, given) => userOf(registry, offered, given),
        serve: (asked) => serve(needs, asked, end.signal),
      },
      signal,
      end.signal,
    ),
    sweeping(needs, signal),
  ]);
  log.info('builder stopped');
}

/** When an app is gone, and now and then. */
async function sweeping(
  { registry, clock, log, state }: BuilderNeeds,
  signal: AbortSignal,
): Promise<void> {
  const graves = new Mirror(keys.graves);
  const loop = new Loop({
    name: 'sweep',
    pass: async (given) => {
      for (const path of await sweepGone(registry, state, given)) log.info('removed', { path });
    },
    every: SWEEP_EVERY_MS,
    atLeast: SWEEP_AT_LEAST_MS,
    clock,
    log,
  });
  await Promise.all([graves.start(registry.store, () => loop.hint(), signal), loop.run(signal)]);
}
