// Waits for a deployment's true end. The deployment does not need anybody to wait: a caller that goes away changes nothing.

import { DeisError } from '../../model/errors.ts';
import { type Deployment, isFinished } from '../../model/rollout.ts';
import type { Clock } from '../../ports/clock.ts';
import type { World } from './world.ts';

/** How it ended. `replaced`: something else began before anybody could see the end, e.g. the app is being destroyed. */
export type Ending =
  { kind: 'done' } | { kind: 'reverted'; failure: string } | { kind: 'replaced' };

/** For how long the store may be away before a waiting caller is told so, ms. */
const PAUSED =
  'It has paused, as the policy of the app says: `deis deploy:resume` tries again, `deis deploy:cancel` goes back.';
const PATIENCE_MS = 10_000;

/** `revision`: of the commit that began it. Throws DeisError('unavailable') when the store goes away for long. */
export async function awaitEnd(
  world: World,
  clock: Clock,
  { app, id }: Pick<Deployment, 'app' | 'id'>,
  revision: number,
  signal: AbortSignal,
): Promise<Ending> {
  let brokenSince: number | undefined;
  for (;;) {
    const nap = new AbortController();
    const stop = world.onHint(() => nap.abort());
    try {
      const ending = look(world, app, id, revision);
      if (ending) return ending;
      brokenSince = world.deployments.connected ? undefined : (brokenSince ?? clock.monotonic());
      if (brokenSince !== undefined && clock.monotonic() - brokenSince >= PATIENCE_MS) {
        throw new DeisError(
          'unavailable',
          'The store of the cluster does not answer.',
          'The change has begun and goes on by itself when the store is back: see `deis releases` and `deis ps`.',
        );
      }
      await clock.sleep(1000, AbortSignal.any([signal, nap.signal])).catch((error: unknown) => {
        if (!nap.signal.aborted) throw error;
      });
      signal.throwIfAborted();
    } finally {
      stop();
    }
  }
}

function look(world: World, app: string, id: string, revision: number): Ending | undefined {
  // What is known may be older than what is waited for.
  if (world.deployments.revision < revision) return undefined;
  const record = world.deployments.get(app)?.value;
  if (record?.id === id)
    return isFinished(record) || record.step === 'paused' ? ending(record) : undefined;
  if (record?.previous?.id === id) return ending(record.previous);
  return { kind: 'replaced' };
}

function ending({ step, failure }: Pick<Deployment, 'step' | 'failure'>): Ending {
  if (step === 'done') return { kind: 'done' };
  if (step === 'reverted')
    return { kind: 'reverted', failure: failure ?? 'The deployment was reverted.' };
  if (step === 'paused')
    return { kind: 'reverted', failure: `${failure ?? 'It failed.'}\n${PAUSED}` };
  return { kind: 'replaced' };
}
