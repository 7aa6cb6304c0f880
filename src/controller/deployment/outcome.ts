// What becomes of the app when a deployment is decided: the new side for good, the old side for good, or nothing at all.

import type { App, History, Release } from '../../model/app.ts';
import type { Deployment } from '../../model/rollout.ts';
import type { Condition, Write } from '../../ports/store.ts';
import { keys } from '../../registry/keys.ts';
import { type Held, put, remove, unchanged } from '../../registry/registry.ts';
import type { AppSnapshot } from '../app/snapshot.ts';

export interface Outcome {
  conditions: Condition[];
  writes: Write[];
}

type Known = Pick<AppSnapshot, 'app' | 'releases'>;

/** From here on the new side is the app: its release is live, its structure is wanted. */
export function newSideWins({ app, releases }: Known, deployment: Deployment, at: string): Outcome {
  const { id } = app.value;
  const value: App = {
    ...app.value,
    release: deployment.to,
    structure: deployment.structure,
    updated: at,
  };
  const outcome: Outcome = {
    conditions: [unchanged(keys.apps, [id], app.modRevision)],
    writes: [put(keys.apps, [id], value)],
  };
  for (const release of releases) {
    const { version, state } = release.value;
    if (version === deployment.to && state !== 'live') add(outcome, mark(release, 'live', at));
    else if (version !== deployment.to && state === 'live')
      add(outcome, mark(release, 'superseded', at));
  }
  return outcome;
}

/** The old side stays; a release that was made for this deployment is kept for the ledger as failed. */
export function oldSideStays({ releases }: Known, deployment: Deployment, at: string): Outcome {
  const release = releases.find(({ value }) => value.version === deployment.to);
  return release?.value.state === 'pending'
    ? mark(release, 'failed', at)
    : { conditions: [], writes: [] };
}

/** A destroyed app leaves only its grave; wanted units that still have to go are the sweeper's. `domains`: ids of its domains. */
export function nothingRemains(
  { id: app, uuid }: Pick<App, 'id' | 'uuid'>,
  history: Held<History> | undefined,
  domains: readonly string[][],
  at: string,
): Outcome {
  const { builds, configs, releases, perms, drains, audit, pastDeployments } = keys;
  const families = [builds, configs, releases, perms, drains, audit, pastDeployments] as const;
  return {
    conditions: [unchanged(keys.histories, [app], history?.modRevision ?? 0)],
    writes: [
      ...families.map((family): Write => ({ kind: 'delete-prefix', prefix: family.under(app) })),
      ...domains.map((ids) => remove(keys.domains, ids)),
      put(keys.graves, [app], { app, uuid, destroyed: at }),
      remove(keys.registryLogins, [app]),
      remove(keys.routing, [app]),
      remove(keys.policies, [app]),
      remove(keys.histories, [app]),
      remove(keys.apps, [app]),
      remove(keys.deployments, [app]),
    ],
  };
}

function mark(release: Held<Release>, state: Release['state'], at: string): Outcome {
  const { ids, value, modRevision } = release;
  return {
    conditions: [unchanged(keys.releases, ids, modRevision)],
    writes: [put(keys.releases, ids, { ...value, state, updated: at })],
  };
}

function add(to: Outcome, more: Outcome): void {
  to.conditions.push(...more.conditions);
  to.writes.push(...more.writes);
}
