// Deployments of an app: those that have ended, and what a person may do about the one that runs. Beyond v1.

import type { Deployment } from '../../model/rollout.ts';
import { keys } from '../../registry/keys.ts';
import { put, unchanged } from '../../registry/registry.ts';
import { remember } from '../app/history.ts';
import { type AppSnapshot, readApp } from '../app/snapshot.ts';
import { audited } from '../app/trail.ts';
import { type AppCall, ok } from '../call.ts';
import { awaitEnd } from '../deployment/await-end.ts';
import { type Outcome, oldSideStays } from '../deployment/outcome.ts';
import { type Ruling, cancelled, resumed } from '../deployment/stop-or-go.ts';
import { runningInstance } from '../deployment/view.ts';
import type { Route } from '../route.ts';
import { pageOf, pageQuery } from '../v2/page.ts';
import { v2 } from '../v2/route.ts';
import { deploymentV2, pastDeploymentV2, showDeployment, showPast } from '../v2/shapes.ts';
import { detail, notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';

export const deploymentRoutes: readonly Route[] = [
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/deployments',
    summary: 'Deployments that have ended, newest first.',
    query: pageQuery,
    answer: pageOf(pastDeploymentV2),
    handle: async ({ services, app, url, signal }) => {
      const { items } = await services.registry.list(keys.pastDeployments, [app.value.id], signal);
      return ok(page(items.map(({ value }) => showPast(value)).toReversed(), url));
    },
  }),
  v2.onApp({
    method: 'POST',
    path: '/apps/:id/deployment/cancel',
    summary:
      'Takes the new side away again; answers when the old side is alone. 409 when it is too late.',
    answer: deploymentV2,
    handle: async (call) => {
      const { services, app, signal } = call;
      const { deployment, revision } = await ruled(call, 'deploy:cancel', cancelled, cancelling);
      await awaitEnd(services.world, services.clock, deployment, revision, signal);
      const ended = await services.registry.get(keys.deployments, [app.value.id], signal);
      return ok(showDeployment(ended?.value.id === deployment.id ? ended.value : deployment));
    },
  }),
  v2.onApp({
    method: 'POST',
    path: '/apps/:id/deployment/resume',
    summary: 'Tries a deployment that has paused again; answers at once. 409 when none has.',
    answer: deploymentV2,
    handle: async (call) =>
      ok(showDeployment((await ruled(call, 'deploy:resume', resumed, resuming)).deployment)),
  }),
];

type Ruled = Omit<AppCall, 'body'>;
type Also = (call: Ruled, snapshot: AppSnapshot, deployment: Deployment) => Outcome[];

const ATTEMPTS = 20;

/** Commits what `rule` makes of the record, and what goes with it. Throws 409 with the reason of a refusal. */
async function ruled(
  call: Ruled,
  action: string,
  rule: (before: Deployment, user: string, now: number) => Ruling,
  also: Also,
): Promise<{ deployment: Deployment; revision: number }> {
  const { services, app, user, signal } = call;
  const { registry, clock } = services;
  const { id } = app.value;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const snapshot = await readApp(registry, id, signal);
    if (!snapshot?.deployment) throw notFound();
    const now = clock.now();
    const ruling = rule(snapshot.deployment.value, user.value.username, now);
    if ('refusal' in ruling) throw detail(409, ruling.refusal);
    const { deployment } = ruling;
    const text = deployment.events.at(-1)?.reason ?? action;
    const at = new Date(now).toISOString();
    const parts = [
      remember(id, snapshot.history, at, [`${deployment.kind} of v${deployment.to} ${text}`]),
      ...also(call, snapshot, deployment),
    ];
    const committed = await registry.commit(
      [
        unchanged(keys.deployments, [id], snapshot.deployment.modRevision),
        ...parts.flatMap(({ conditions }) => conditions),
      ],
      [
        put(keys.deployments, [id], deployment),
        audited(call, id, action, text, deployment.to),
        ...parts.flatMap(({ writes }) => writes),
      ],
      signal,
    );
    if (committed.applied) return { deployment, revision: committed.revision };
  }
  throw detail(409, `Too much happens to ${id} at once. Try again.`);
}

const cancelling: Also = (_call, snapshot, deployment) => [
  oldSideStays(snapshot, deployment, deployment.events.at(-1)!.at),
];

/** Containers that did not come up are started anew: what they did before is not held against them. */
const resuming: Also = ({ services }, snapshot, deployment) => {
  const { world, clock } = services;
  const seen = world.view(snapshot, deployment, [], clock.now());
  return snapshot.units
    .filter(({ value }) => deployment.added.includes(value.name) && value.desired !== 'gone')
    .filter(({ value }) => !runningInstance(seen, value.name))
    .slice(0, 40)
    .map(({ ids, value, modRevision }) => ({
      conditions: [unchanged(keys.appUnits, ids, modRevision)],
      writes: [put(keys.appUnits, ids, { ...value, restarts: value.restarts + 1 })],
    }));
};
