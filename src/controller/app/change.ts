// The one way to change an app: read, decide, write if nobody else did, then wait for the deployment's true end.

import { randomUUID } from 'node:crypto';
import type { Build, Config, Release } from '../../model/app.ts';
import { type Deployment, isFinished } from '../../model/rollout.ts';
import type { Write } from '../../ports/store.ts';
import { keys } from '../../registry/keys.ts';
import { absent, put, unchanged } from '../../registry/registry.ts';
import { type Ending, awaitEnd } from '../deployment/await-end.ts';
import { type Outcome, newSideWins } from '../deployment/outcome.ts';
import { keepPast } from '../deployment/past.ts';
import { beginDeployment } from '../deployment/record.ts';
import type { Sides } from '../deployment/sides.ts';
import { RELEASE_PHASE, type Structure } from '../rules/scale.ts';
import type { Services } from '../services.ts';
import { type WireError, detail, notFound } from '../wire/errors.ts';
import { foresee, ForeseenChange } from './foresee.ts';
import { remember } from './history.ts';
import { type AppSnapshot, liveRelease, readApp } from './snapshot.ts';

/** What a caller wants to happen, decided from the snapshot it was given. */
export interface Change extends Sides {
  kind: Deployment['kind'];
  structure: Structure;
  /** A release that is made with it. */
  release?: Release;
  /** Records that belong to it: a build, a config. They must be idempotent. */
  writes?: Write[];
  /** Lines for the app's history. */
  lines: string[];
  initialDelay?: number;
  /** What the new release runs; absent: it runs nothing. */
  build?: Build | undefined;
  /** The config that is made with it. */
  config?: Config;
}

/** For how long a change waits for another one of the same app before it is refused, ms (Deis v1: 5 s). */
const QUEUE_MS = 5000;
const TRY_AGAIN_MS = 50;

/**
 * `decide` may be called several times. Resolves when the new side is in place everywhere.
 * Throws 404 for no such app, `busy` when another change of the app is in progress for longer than 5 s,
 * 503 with the reason when the deployment was reverted.
 */
export async function changeApp(
  services: Services,
  id: string,
  user: string,
  decide: (snapshot: AppSnapshot) => Change | Promise<Change>,
  signal: AbortSignal,
  busy: (text: string) => WireError = (text) => detail(409, text),
): Promise<void> {
  const { clock, world, turns } = services;
  if (services.isDryRun) return onlyLook(services, id, decide, signal);
  const givesUp = clock.monotonic() + QUEUE_MS;
  const giveBack = await turns.take(id, QUEUE_MS, signal);
  if (!giveBack) throw busy(inProgress(world.deployments.get(id)?.value));
  const begun = await beginWhenFree(services, id, user, decide, givesUp, busy, signal).finally(
    giveBack,
  );
  conclude(await awaitEnd(world, clock, begun.deployment, begun.revision, signal));
}

/** Always throws: 404, or what the change would do. */
async function onlyLook(
  services: Services,
  id: string,
  decide: (snapshot: AppSnapshot) => Change | Promise<Change>,
  signal: AbortSignal,
): Promise<never> {
  const snapshot = await readApp(services.registry, id, signal);
  if (!snapshot) throw notFound();
  throw new ForeseenChange(await foresee(services, snapshot, await decide(snapshot), signal));
}

interface Begun {
  deployment: Deployment;
  /** Of the commit that began it. */
  revision: number;
}

async function beginWhenFree(
  services: Services,
  id: string,
  user: string,
  decide: (snapshot: AppSnapshot) => Change | Promise<Change>,
  givesUp: number,
  busy: (text: string) => WireError,
  signal: AbortSignal,
): Promise<Begun> {
  const own = randomUUID();
  for (;;) {
    const snapshot = await readApp(services.registry, id, signal);
    if (!snapshot) throw notFound();
    const present = snapshot.deployment?.value;
    // Its answer may have been lost on the way to us.
    if (snapshot.deployment && present?.id === own) {
      return { deployment: present, revision: snapshot.deployment.modRevision };
    }
    if (!present || isFinished(present)) {
      const begun = await begin(services, snapshot, user, await decide(snapshot), own, signal);
      if (begun) return begun;
    }
    if (services.clock.monotonic() >= givesUp) throw busy(inProgress(present));
    await services.clock.sleep(TRY_AGAIN_MS, signal);
  }
}

/** Takes the app away, whatever is in progress: an unfinished deployment is overtaken. */
export async function destroyApp(
  services: Services,
  id: string,
  user: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const snapshot = await readApp(services.registry, id, signal);
    if (!snapshot) throw notFound();
    const present = snapshot.deployment?.value;
    const change: Change = {
      kind: 'destroy',
      structure: {},
      added: [],
      removed: snapshot.units.map(({ value }) => value.name),
      lines: [],
    };
    const begun =
      present?.kind === 'destroy'
        ? { deployment: present, revision: snapshot.deployment?.modRevision ?? 0 }
        : await begin(services, snapshot, user, change, randomUUID(), signal);
    if (begun) {
      await awaitEnd(services.world, services.clock, begun.deployment, begun.revision, signal);
      return;
    }
  }
}

/** Writes the change and its deployment in one transaction; undefined when somebody else was faster. */
async function begin(
  { registry, clock }: Services,
  snapshot: AppSnapshot,
  user: string,
  change: Change,
  deploymentId: string,
  signal: AbortSignal,
): Promise<Begun | undefined> {
  const { id } = snapshot.app.value;
  const now = clock.now();
  const at = new Date(now).toISOString();
  const from = liveRelease(snapshot).version;
  const { release, writes = [], lines, initialDelay = 0, build, config: _, ...rest } = change;
  const policy = (await registry.get(keys.policies, [id], signal))?.value.policy;
  const releaseCommand = release && build?.procfile[RELEASE_PHASE];
  const deployment = beginDeployment(
    {
      ...rest,
      ...(policy && { policy }),
      ...(releaseCommand !== undefined && { releaseCommand }),
      app: id,
      id: deploymentId,
      user,
      from,
      to: release?.version ?? from,
      before: snapshot.app.value.structure,
      replaced: snapshot.deployment?.value,
      initialDelay,
    },
    now,
  );
  const parts: Outcome[] = [
    {
      conditions: [
        unchanged(keys.apps, [id], snapshot.app.modRevision),
        unchanged(keys.deployments, [id], snapshot.deployment?.modRevision ?? 0),
      ],
      writes: [
        ...writes,
        put(keys.deployments, [id], deployment),
        ...(deployment.step === 'done' ? await keepPast(registry, deployment, signal) : []),
      ],
    },
    ...(lines.length > 0 ? [remember(id, snapshot.history, at, lines)] : []),
    ...made(snapshot, release, deployment, at),
  ];
  const committed = await registry.commit(
    parts.flatMap((part) => part.conditions),
    parts.flatMap((part) => part.writes),
    signal,
  );
  return committed.applied ? { deployment, revision: committed.revision } : undefined;
}

/** The release's record, live at once when nothing has to start or stop for it. */
function made(
  snapshot: AppSnapshot,
  release: Release | undefined,
  deployment: Deployment,
  at: string,
): Outcome[] {
  const atOnce = deployment.step === 'done';
  const parts: Outcome[] = atOnce ? [newSideWins(snapshot, deployment, at)] : [];
  if (release) {
    const ids = [release.app, String(release.version)];
    const value: Release = { ...release, state: atOnce ? 'live' : 'pending' };
    parts.push({
      conditions: [absent(keys.releases, ids)],
      writes: [put(keys.releases, ids, value)],
    });
  }
  return parts;
}

function conclude(ending: Ending): void {
  switch (ending.kind) {
    case 'done':
      return;
    case 'reverted':
      throw detail(503, ending.failure);
    case 'replaced':
      throw detail(409, 'Something else was done to this app before this change was complete.');
  }
}

function inProgress(present: Deployment | undefined): string {
  if (!present) return 'Somebody else is changing this app. Try again.';
  const { kind, user, step } = present;
  const reason = present.events.at(-1)?.reason ?? '';
  if (step === 'paused') {
    return `A ${kind} by ${user} failed and has paused: ${reason}. Try it again with \`deis deploy:resume\`, or give it up with \`deis deploy:cancel\`.`;
  }
  return `A ${kind} by ${user} is in progress (${step}: ${reason}). Try again when it has ended.`;
}
