// A deployment's next step, decided from a snapshot. Every decision says why; the same words go to the record and the log.

import { DEFAULT_POLICY, type DeployPolicy } from '../../model/deploy-policy.ts';
import type { DeploymentStep } from '../../model/rollout.ts';
import { type Trouble, firstMissing, firstTrouble, processName } from './trouble.ts';
import { type DeploymentView, currentInstances, isGone, runningInstance } from './view.ts';

export type UnitChange =
  | { kind: 'start'; unit: string }
  | { kind: 'retire'; unit: string }
  | { kind: 'restart'; unit: string; count: number };

export type Decision =
  /** Nothing to do before something changes, or `ms` have passed. */
  | { kind: 'wait'; reason: string; ms?: number }
  /** Run the release phase. */
  | { kind: 'release'; reason: string }
  | { kind: 'change-units'; changes: UnitChange[]; reason: string }
  | { kind: 'move'; step: DeploymentStep; reason: string; published?: number; trouble?: Trouble };

/** Changes of one decision: they and the record fit one transaction of the store. */
const BATCH = 50;

const STEPS: Readonly<Record<DeploymentStep, (view: DeploymentView) => Decision>> = {
  queued: (view) => ({
    kind: 'move',
    step: view.deployment.releaseCommand === undefined ? 'starting' : 'releasing',
    reason: 'it is the only deployment of this app',
  }),
  releasing,
  starting,
  applying,
  restarting,
  paused: () => ({ kind: 'wait', reason: 'it waits for somebody to resume or cancel it' }),
  withdrawing: (view) => retire(view, view.deployment.removed, 'done', 'old'),
  reverting: (view) => retire(view, view.deployment.added, 'reverted', 'new'),
  done: () => ({ kind: 'wait', reason: 'it is done' }),
  reverted: () => ({ kind: 'wait', reason: 'it is reverted' }),
};

/** Pure: the same view gives the same decision, whichever controller asks. */
export function plan(view: DeploymentView): Decision {
  return STEPS[view.deployment.step](view);
}

/** Nothing has been started yet, so a failure here never pauses: there is nothing to look at. */
function releasing(view: DeploymentView): Decision {
  const { release } = view;
  if (release === 'ended')
    return { kind: 'move', step: 'starting', reason: 'the release phase ended well' };
  const failed = typeof release === 'object' ? release.failed : undefined;
  const late = timeLeft(view) <= 0 ? 'the release phase has not ended in time' : undefined;
  const reason = failed ?? late;
  if (reason !== undefined)
    return {
      kind: 'move',
      step: 'reverting',
      reason,
      trouble: { unit: '', cause: 'release-phase', reason },
    };
  if (release === 'running') return waitUntilDeadline(view, 'the release phase runs');
  return { kind: 'release', reason: 'the release phase comes first' };
}

/** What the app set, over the defaults. */
function policyOf(view: DeploymentView): DeployPolicy {
  return { ...DEFAULT_POLICY, ...view.deployment.policy };
}

function starting(view: DeploymentView): Decision {
  const { added } = view.deployment;
  const { batch, minHealthy } = policyOf(view);
  const unwritten = added.filter((unit) => !view.units.has(unit));
  const failed = failure(
    view,
    added.filter((unit) => view.units.has(unit)),
  );
  if (failed) return failed;
  const missing = added.filter((unit) => !runningInstance(view, unit));
  const room = batch === 0 ? BATCH : batch - (missing.length - unwritten.length);
  if (unwritten.length > 0 && room > 0) {
    const next = unwritten.slice(0, Math.min(room, BATCH));
    const changes = next.map((unit): UnitChange => ({ kind: 'start', unit }));
    return { kind: 'change-units', changes, reason: `${list(next)} not wanted yet` };
  }
  if (missing.length > 0) return waitUntilDeadline(view, `${list(missing)} not healthy yet`);
  if (added.length > 0 && view.steadyFor < minHealthy * 1000) {
    const ms = minHealthy * 1000 - view.steadyFor;
    return { kind: 'wait', reason: 'new containers are healthy, but not long enough', ms };
  }
  if (added.length === 0) return afterRouters(view, 'there is nothing to start');
  const published = newestPublished(view, added);
  if (published === 0) return afterRouters(view, 'new containers are healthy, none is routed');
  return {
    kind: 'move',
    step: 'applying',
    reason: 'new containers are healthy and published',
    published,
  };
}

function applying(view: DeploymentView): Decision {
  const { added, published = 0 } = view.deployment;
  const failed = failure(view, added);
  if (failed) return failed;
  const missing = added.filter((unit) => !runningInstance(view, unit));
  if (missing.length > 0) return waitUntilDeadline(view, `${list(missing)} not healthy any more`);
  const behind = routersBehind(view, Math.max(published, newestPublished(view, added)));
  if (behind !== undefined) return waitUntilDeadline(view, behind);
  return afterRouters(view, 'all live routers send to the new containers');
}

/** One container of each process type at a time. */
function restarting(view: DeploymentView): Decision {
  const { restarts = {}, added } = view.deployment;
  const changes: UnitChange[] = [];
  const waiting: string[] = [];
  const started: string[] = [];
  for (const [unit, count] of oneOfEachType(view, restarts)) {
    const written = view.units.get(unit);
    if (written && written.unit.restarts < count) changes.push({ kind: 'restart', unit, count });
    else {
      waiting.push(processName(unit));
      started.push(unit);
    }
  }
  const failed = failure(view, [...added, ...started]);
  if (failed) return failed;
  if (changes.length > 0) {
    const reason = `next to be restarted: ${list(changes.map((change) => change.unit))}`;
    return { kind: 'change-units', changes, reason };
  }
  if (waiting.length > 0)
    return waitUntilDeadline(view, `${waiting.join(', ')} not serving again yet`);
  return { kind: 'move', step: 'withdrawing', reason: 'all containers have been restarted' };
}

/** The first unit of each process type whose restart is not complete. */
function oneOfEachType(view: DeploymentView, restarts: Record<string, number>): [string, number][] {
  const types = new Set<string>();
  const next: [string, number][] = [];
  for (const [unit, count] of Object.entries(restarts)) {
    const wanted = view.units.get(unit);
    if (!wanted || wanted.unit.desired === 'gone') continue;
    const type = wanted.unit.process?.type ?? unit;
    if (types.has(type) || isRestarted(view, unit, count)) continue;
    types.add(type);
    next.push([unit, count]);
  }
  return next;
}

function isRestarted(view: DeploymentView, unit: string, count: number): boolean {
  if ((view.units.get(unit)?.unit.restarts ?? 0) < count) return false;
  const instance = runningInstance(view, unit);
  return instance !== undefined && routersBehind(view, instance.state.published ?? 0) === undefined;
}

/** Retires what is still wanted, waits until nothing of it is left, then ends. */
function retire(
  view: DeploymentView,
  names: readonly string[],
  end: 'done' | 'reverted',
  side: 'old' | 'new',
): Decision {
  const wanted = names.filter((unit) => (view.units.get(unit)?.unit.desired ?? 'gone') !== 'gone');
  if (wanted.length > 0) {
    const changes = wanted.slice(0, BATCH).map((unit): UnitChange => ({ kind: 'retire', unit }));
    return { kind: 'change-units', changes, reason: `${side} containers are not needed any more` };
  }
  const left = names.filter((unit) => !isGone(view, unit));
  if (left.length === 0) return { kind: 'move', step: end, reason: `no ${side} container is left` };
  const remaining = timeLeft(view);
  if (remaining > 0) {
    return { kind: 'wait', reason: `${list(left)} still drains or stops`, ms: remaining };
  }
  const reason = `${list(left)} has not stopped in time and goes as soon as its machine answers`;
  return { kind: 'move', step: end, reason };
}

/** What follows when the new side serves everywhere. */
function afterRouters(view: DeploymentView, reason: string): Decision {
  return {
    kind: 'move',
    step: view.deployment.kind === 'restart' ? 'restarting' : 'withdrawing',
    reason,
  };
}

function failure(view: DeploymentView, names: readonly string[]): Decision | undefined {
  const trouble =
    firstTrouble(view, names) ?? (timeLeft(view) <= 0 ? outOfTime(view, names) : undefined);
  if (!trouble) return undefined;
  const step = policyOf(view).autoRevert ? 'reverting' : 'paused';
  return { kind: 'move', step, reason: trouble.reason, trouble };
}

function outOfTime(view: DeploymentView, names: readonly string[]): Trouble {
  const missing = firstMissing(view, names);
  if (missing) return missing;
  const behind = routersBehind(view, newestPublished(view, names));
  return { unit: '', cause: 'routers', reason: behind ?? 'the time for this step is over' };
}

/** Which live routers have not confirmed that revision, in words; undefined when all have. */
function routersBehind(view: DeploymentView, revision: number): string | undefined {
  const behind = view.routers.filter((router) => router.endpoints < revision);
  if (behind.length === 0) return undefined;
  return `the router on ${behind.map((router) => router.name).join(', ')} has not confirmed the new containers`;
}

/** Highest revision at which one of the units was published; 0 when none is routed. */
function newestPublished(view: DeploymentView, names: readonly string[]): number {
  const revisions = names.flatMap((unit) =>
    currentInstances(view, unit).map(({ state }) => state.published ?? 0),
  );
  return Math.max(0, ...revisions);
}

function waitUntilDeadline(view: DeploymentView, reason: string): Decision {
  return { kind: 'wait', reason, ms: Math.max(1, timeLeft(view)) };
}

function timeLeft(view: DeploymentView): number {
  return Date.parse(view.deployment.deadline) - view.now;
}

/** `web.1, web.2 and 3 more` */
function list(units: readonly string[]): string {
  const names = units.slice(0, 3).map(processName).join(', ');
  return units.length > 3 ? `${names} and ${units.length - 3} more` : names;
}
