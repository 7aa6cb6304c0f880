// Carries steps out. One line per kind; each action works on one unit only, so that no failure reaches another.

import { rm } from 'node:fs/promises';
import { DeisError } from '../model/errors.ts';
import { drainUnit, endDrain, publishUnit, withdrawUnit } from './act-upstream.ts';
import { atMost, orPending } from './patience.ts';
import { readWaiterDigest, writeWaiterFiles } from './waiter-disk.ts';
import type { Step, StepKind } from './steps.ts';
import type { Tools } from './tools.ts';
import type { Unit } from './unit.ts';
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
  unit.unwell = undefined;
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
