// What is done to a unit's upstream: published, withdrawn when its check fails, drained before it stops.

import type { Step } from './steps.ts';
import type { Tools } from './tools.ts';
import type { Unit } from './unit.ts';
import {
  isOneOfSeveral,
  publish,
  type Serving,
  withdraw,
  withdrawUnlessLast,
  type Withdrawn,
} from './upstream.ts';
import { addressOf, type Upstream } from './view.ts';

/** How long a failing upstream that is its app's last one is left in place before that is considered again. */
const LAST_UPSTREAM_MS = 5000;

/** Law 2: withdrawn first; then every live router has confirmed, or the deadline, which is shown, has passed. */
export async function drainUnit(
  tools: Tools,
  unit: Unit,
  step: Step,
  signal: AbortSignal,
): Promise<void> {
  const { routers, clock, log, roster, hint } = tools;
  let alive: string[] | undefined;
  if (unit.life.published) {
    const serving = servingOf(unit, unit.life.published);
    const withdrawn = await withdrawFor(tools, unit, serving, step, signal);
    if (!withdrawn) return;
    alive = withdrawn.routers;
    unit.life = withoutUpstream(unit, withdrawn.upstream);
    roster.save(unit);
  }
  const withdrawn = unit.life.withdrawn!;
  const { address, revision } = withdrawn;
  log.info('draining', { unit: unit.name, reason: step.reason, address, revision });
  const late = await routers.drain(
    {
      withdrawn,
      ...(alive && { routers: alive }),
      patience: unit.prepared ? unit.prepared.drainTimeout * 1000 : 30_000,
      tell: (waitingFor, left) => {
        unit.drain = { waitingFor, deadline: Math.round(clock.now() + left) };
        hint();
      },
    },
    signal,
  );
  endDrain(unit);
  unit.drained = true;
  if (late.length === 0) return;
  log.warn('cut a drain short', { unit: unit.name, address, routers: late.join(' ') });
}

/**
 * Undefined: it stays. A live check restarts the only container of an app, but of several never the last one that is left:
 * that one is asked again when another is back.
 */
async function withdrawFor(
  { fenced, log }: Tools,
  unit: Unit,
  serving: Serving,
  { reason }: Step,
  signal: AbortSignal,
): Promise<Withdrawn | undefined> {
  const { unwell, prepared } = unit;
  if (unwell === undefined || prepared?.routed?.check.withdrawLast === true || !isToStay(unit))
    return withdraw(fenced, serving, signal);
  const withdrawn = await withdrawUnlessLast(fenced, serving, signal);
  if (withdrawn) return withdrawn;
  if (!(await isOneOfSeveral(fenced, serving, signal))) return withdraw(fenced, serving, signal);
  tellKept(log, unit, serving.app, reason);
  unit.unwell = undefined;
  return undefined;
}

/** Nothing but a check wants it away. */
function isToStay({ placement, prepared, life: { started } }: Unit): boolean {
  return (
    placement?.want === 'run' &&
    started?.fingerprint === prepared?.fingerprint &&
    started?.restarts === prepared?.restarts
  );
}

function tellKept(log: Tools['log'], unit: Unit, app: string, reason: string): void {
  if (!unit.keptAsLast)
    log.warn('kept the last upstream of an app', { unit: unit.name, app, reason });
  unit.keptAsLast = true;
}

export function endDrain(unit: Unit): void {
  unit.drain = undefined;
  unit.drained = false;
}

export async function publishUnit(
  tools: Tools,
  unit: Unit,
  _: Step,
  signal: AbortSignal,
): Promise<void> {
  const { fenced, machineIp, log } = tools;
  const { app } = unit.prepared!.routed!;
  const serving = { app, unit: unit.name, address: addressOf(unit.view(), machineIp)! };
  const outcome = await publish(fenced, serving, unit.placement?.retiring ?? false, signal);
  if (outcome.kind === 'taken-over') {
    const { published: _old, ...life } = unit.life;
    unit.life = { ...life, takenOver: true };
    return;
  }
  const { withdrawn: _old, ...life } = unit.life;
  unit.life = { ...life, published: outcome.upstream, takenOver: false };
  const { address, revision } = outcome.upstream;
  log.info('published', { unit: unit.name, app, address, revision });
}

export async function withdrawUnit(
  tools: Tools,
  unit: Unit,
  { reason }: Step,
  signal: AbortSignal,
): Promise<void> {
  const { fenced, clock, log } = tools;
  const serving = servingOf(unit, unit.life.published!);
  const { app, address } = serving;
  const kept = unit.prepared?.routed?.check.withdrawLast !== true && mayServe(unit);
  const withdrawn = await (kept ? withdrawUnlessLast : withdraw)(fenced, serving, signal);
  if (!withdrawn) {
    unit.routeNotBefore = clock.monotonic() + LAST_UPSTREAM_MS;
    tellKept(log, unit, app, reason);
    return;
  }
  const { upstream } = withdrawn;
  unit.life = withoutUpstream(unit, upstream);
  log.info('withdrew', { unit: unit.name, app, address, revision: upstream.revision, reason });
}

/** It runs and accepts connections, though its check fails: better than nothing, if nothing else is there. */
function mayServe({ activity, health }: Unit): boolean {
  return activity?.active === 'active' && health.health === 'unhealthy' && !health.refused;
}

function servingOf(unit: Unit, { app, address }: Upstream): Serving {
  return { app, unit: unit.name, address };
}

function withoutUpstream({ life }: Unit, withdrawn: Upstream): Unit['life'] {
  const { published: _, ...rest } = life;
  return { ...rest, withdrawn };
}
