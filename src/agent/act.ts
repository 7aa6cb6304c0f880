// Carries steps out. One line per kind; each action works on one unit only, so that no failure reaches another.

import { rm } from 'node:fs/promises';
import { DeisError } from '../model/errors.ts';
import { atMost, orPending } from './patience.ts';
import { readWaiterDigest, writeWaiterFiles } from './waiter-disk.ts';
import type { Step, StepKind } from './steps.ts';
import type { Tools } from './tools.ts';
import type { Unit } from './unit.ts';
import { hasOthers, publish, type Serving, withdraw } from './upstream.ts';
import { addressOf, type Upstream } from './view.ts';
import { waiterPaths } from './waiter-files.ts';

type Action = (tools: Tools, unit: Unit, step: Step, signal: AbortSignal) => Promise<void>;

/** To add a step: a row in steps.ts, a line here. An action throws when the step failed; it is tried again later. */
export const ACTIONS: Record<StepKind, Action> = {
  prepare: (tools, unit, _step, signal) => tools.prepare(unit, signal),
  install: installFiles,
  adopt: adoptUnit,
  lock: lockUnit,
  start: startUnit,
  drain: drainUnit,
  cancel: async (_tools, unit) => endDrain(unit),
  stop: stopUnit,
  remove: removeUnit,
  forget: forgetUnit,
  publish: publishUnit,
  withdraw: withdrawUnit,
};

/** How long a failing upstream that is its app's last one is left in place before that is considered again. */
const LAST_UPSTREAM_MS = 5000;
/** How long a start job holds its place in the line. */
const START_PATIENCE_MS = 5000;
/** The same of a stop job. */
const STOP_PATIENCE_MS = 5000;

/** Also after a reboot, when the waiter's files are still on disk and only the unit file is gone. */
async function installFiles({ installs, waiterDirectory }: Tools, unit: Unit): Promise<void> {
  const prepared = unit.prepared!;
  if (unit.waiterFiles.length > 0) await writeWaiterFiles(unit.waiterFiles);
  else if (
    prepared.digest !== '' &&
    prepared.digest !== (await readWaiterDigest(unit.name, waiterDirectory))
  ) {
    unit.prepared = undefined;
    throw new DeisError('internal', 'its container spec is not on disk: it is prepared anew');
  }
  const refusal = await installs.add({ name: unit.name, content: prepared.content });
  if (refusal) throw new DeisError('refused', refusal.reason);
  unit.waiterFiles = [];
  unit.life = { ...unit.life, installed: prepared.fingerprint };
}

/** It runs, and nobody remembers having started it: what is installed is what was started. */
async function adoptUnit(_tools: Tools, unit: Unit): Promise<void> {
  const fingerprint = unit.life.installed ?? 'other';
  unit.life = { ...unit.life, started: { fingerprint, restarts: unit.prepared?.restarts ?? 0 } };
}

/** It runs from before we began. Without its lock it must not go on. */
async function lockUnit({ locks }: Tools, unit: Unit, _: Step, signal: AbortSignal): Promise<void> {
  try {
    await locks.take(unit, signal);
  } catch (error) {
    signal.throwIfAborted();
    unit.lockLost = true;
    throw error;
  }
}

async function startUnit(
  tools: Tools,
  unit: Unit,
  _step: Step,
  signal: AbortSignal,
): Promise<void> {
  const { units, locks, starts, roster, clock } = tools;
  const { fingerprint, restarts, exclusive } = unit.prepared!;
  if (exclusive) await locks.take(unit, signal);
  const { withdrawn: _, ...life } = unit.life;
  unit.life = { ...life, started: { fingerprint, restarts } };
  unit.drained = false;
  roster.save(unit);
  const outcome = await starts.run(async () => {
    if (unit.activity?.active === 'failed') await units.resetFailed(unit.name, signal);
    return orPending(clock, START_PATIENCE_MS, (given) => units.start(unit.name, given), signal);
  }, signal);
  if (outcome === 'pending' || outcome.result === 'done') return;
  if (outcome.result === 'refused') {
    const { started: __, ...unstarted } = unit.life;
    unit.life = unstarted;
    await seeRefused(tools, unit, signal);
  }
  throw new DeisError('refused', `it did not start: ${outcome.reason || outcome.result}`);
}

/** systemd forgets a unit that it cannot read (`bad-setting`) as soon as it has said so: it is asked now. */
async function seeRefused({ units, clock }: Tools, unit: Unit, signal: AbortSignal): Promise<void> {
  const { name, load, active, sub } = await units.status(unit.name, signal);
  if (load === 'loaded' || load === 'not-found') return;
  unit.observe({ name, load, active, sub }, clock.monotonic(), clock.now());
}

/** Law 2: withdrawn first; then every live router has confirmed, or the deadline, which is shown, has passed. */
async function drainUnit(tools: Tools, unit: Unit, step: Step, signal: AbortSignal): Promise<void> {
  const { fenced, routers, clock, log, roster, hint } = tools;
  let alive: string[] | undefined;
  if (unit.life.published) {
    const withdrawn = await withdraw(fenced, servingOf(unit, unit.life.published), signal);
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

function endDrain(unit: Unit): void {
  unit.drain = undefined;
  unit.drained = false;
}

async function stopUnit(tools: Tools, unit: Unit, _step: Step, signal: AbortSignal): Promise<void> {
  const { units, locks, stops, clock } = tools;
  // What takes long to stop goes on outside the line: others are not to wait for it.
  const begun = await stops.run(async () => {
    const job = units.stop(unit.name, signal);
    await atMost(STOP_PATIENCE_MS, job, clock, signal);
    return { job };
  }, signal);
  const outcome = await begun.job;
  if (outcome.result !== 'done') {
    throw new DeisError('refused', `it did not stop: ${outcome.reason || outcome.result}`);
  }
  const { started: _, withdrawn: __, ...life } = unit.life;
  unit.life = life;
  unit.lockLost = false;
  unit.exitCode = undefined;
  unit.liveFailed = undefined;
  endDrain(unit);
  unit.forgive();
  await locks.giveBack(unit);
}

/** Takes away its files, its container and its port: what is left is a memory. */
async function removeUnit(tools: Tools, unit: Unit, _: Step, signal: AbortSignal): Promise<void> {
  const { removals, engine, ports, waiterDirectory } = tools;
  await removals.add(unit.name);
  if (unit.container && !unit.container.running) await engine.remove(unit.container.id, signal);
  for (const path of waiterPaths(unit.name, waiterDirectory)) await rm(path, { force: true });
  await ports.giveBack(unit.name);
  unit.prepared = undefined;
  unit.container = undefined;
  unit.waiterFiles = [];
  unit.life = { takenOver: false, health: 'unknown' };
}

async function forgetUnit({ roster, states, ports, locks }: Tools, unit: Unit): Promise<void> {
  const { name } = unit;
  await locks.giveBack(unit);
  await ports.giveBack(name);
  states.offer(name, undefined);
  roster.forget(name);
}

async function publishUnit(tools: Tools, unit: Unit, _: Step, signal: AbortSignal): Promise<void> {
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

async function withdrawUnit(
  tools: Tools,
  unit: Unit,
  { reason }: Step,
  signal: AbortSignal,
): Promise<void> {
  const { fenced, clock, log } = tools;
  const serving = servingOf(unit, unit.life.published!);
  const { app, address } = serving;
  const kept = unit.prepared?.routed?.check.withdrawLast !== true && mayServe(unit);
  if (kept && !(await hasOthers(fenced, serving, signal))) {
    unit.routeNotBefore = clock.monotonic() + LAST_UPSTREAM_MS;
    if (!unit.keptAsLast) {
      log.warn('kept the last upstream of an app', { unit: unit.name, app, reason });
    }
    unit.keptAsLast = true;
    return;
  }
  const { upstream } = await withdraw(fenced, serving, signal);
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
