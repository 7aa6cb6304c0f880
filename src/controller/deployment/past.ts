// Deployments that have ended, kept for `deis deployments`: the newest of each app.

import type { Deployment, PastDeployment } from '../../model/rollout.ts';
import type { Write } from '../../ports/store.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, put, remove } from '../../registry/registry.ts';

export const KEPT_PAST = 50;
/** Deletions of one transaction. */
const REMOVED_AT_ONCE = 20;

/** For the transaction that ends the deployment; writing it twice changes nothing. */
export async function keepPast(
  registry: Registry,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Write[]> {
  const { app } = deployment;
  const { items } = await registry.list(keys.pastDeployments, [app], signal);
  const old = items.slice(0, Math.max(0, items.length + 1 - KEPT_PAST)).slice(0, REMOVED_AT_ONCE);
  const past = pastOf(deployment);
  const began = Date.parse(past.began).toString(16).padStart(12, '0');
  return [
    ...old.map(({ ids }) => remove(keys.pastDeployments, ids)),
    put(keys.pastDeployments, [app, `${began}-${past.id}`], past),
  ];
}

function pastOf(deployment: Deployment): PastDeployment {
  const { app, id, user, kind, from, to, step, events, failure } = deployment;
  return {
    app,
    id,
    user,
    kind,
    from,
    to,
    step,
    events,
    ...(failure === undefined ? {} : { failure }),
    began: deployment.began ?? events[0]!.at,
    ended: events.at(-1)!.at,
  };
}
