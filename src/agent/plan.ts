// Decides the next step for every unit from what is wanted and what is there. Pure: no clock, no I/O, no memory.
// A unit is stopped only because its placement says so or because what it must run has changed. Absence stops nothing.

import type { Step, StepKind } from './steps.ts';
import { addressOf, isHere, isUp, type Snapshot, type UnitView } from './view.ts';

/** At most one step on each unit and one on its upstream; the next pass sees what became of them. */
export function plan(snapshot: Snapshot): Step[] {
  return snapshot.units.flatMap((unit) => {
    const steps: Step[] = [];
    const life = lifeOf(unit, snapshot);
    if (life) steps.push(life);
    const route = life?.kind === 'drain' ? undefined : routeOf(unit, snapshot);
    if (route) steps.push(route);
    return steps;
  });
}

function lifeOf(unit: UnitView, snapshot: Snapshot): Step | undefined {
  const cancelled = snapshot.withdrawing ? undefined : whyCancelled(unit);
  if (cancelled) return step('cancel', unit, cancelled);
  if (unit.busy.life || snapshot.now < unit.notBefore) return undefined;
  if (unit.lockLost && isUp(unit.activity)) {
    return step('stop', unit, 'its lock in the store is lost and it must not run twice');
  }
  if (snapshot.withdrawing) return withdrawn(unit, snapshot);
  if (!unit.placement) return orphan(unit, snapshot);
  switch (unit.placement.want) {
    case 'run':
      return toBeHere(unit, snapshot);
    case 'stop':
      return takenDown(unit, `placement says stop: ${unit.placement.reason}`, snapshot);
    case 'gone':
      return gone(unit, snapshot);
  }
}

/** Drained, and left for systemd to stop. */
function withdrawn(unit: UnitView, { writable }: Snapshot): Step | undefined {
  if (!isUp(unit.activity) || unit.drained || !(unit.published || unit.withdrawn)) return undefined;
  if (!writable || unit.busy.route) return undefined;
  return step('drain', unit, 'this machine is being shut down');
}

/** Why what is being done with it is not wanted any more. */
function whyCancelled(unit: UnitView): string | undefined {
  const { life } = unit.busy;
  if (life === 'drain' && isToRun(unit) && !whyReplaced(unit)) return 'it is wanted again';
  const preparing = life === 'prepare' || life === 'pull';
  if (preparing && unit.placement && unit.placement.want !== 'run') return 'it is not to run here';
  return undefined;
}

function toBeHere(unit: UnitView, snapshot: Snapshot): Step | undefined {
  if (isOutdated(unit)) return prepare(unit);
  return isToRun(unit) ? running(unit, snapshot) : loaded(unit, snapshot);
}

function prepare(unit: UnitView): Step {
  const from = unit.prepared?.revision;
  const to = unit.placement!.revision;
  const reason = from === undefined ? `wanted at revision ${to}` : `changed at revision ${to}`;
  return step('prepare', unit, reason);
}

function running(unit: UnitView, snapshot: Snapshot): Step | undefined {
  const { activity, prepared, started } = unit;
  if (isUp(activity)) {
    if (activity?.active === 'deactivating') return undefined;
    if (!started) return step('adopt', unit, 'it already runs');
    if (!unit.locked) return step('lock', unit, 'it runs without its lock');
    const changed = whyReplaced(unit);
    if (changed) return takenDown(unit, changed, snapshot);
    return unit.drained ? step('cancel', unit, 'it is wanted again') : undefined;
  }
  if (unit.installed !== prepared!.fingerprint) return installed(unit);
  if (!started || whyReplaced(unit)) return step('start', unit, unit.placement!.reason);
  if (!isRevived(unit)) return undefined;
  return step('start', unit, `it ended by itself (${activity?.sub ?? 'unloaded'})`);
}

/** Only what we started is stopped: a loaded service is there for its timer or socket to start. */
function loaded(unit: UnitView, snapshot: Snapshot): Step | undefined {
  if (isUp(unit.activity) && unit.started) {
    return takenDown(unit, 'it is to be loaded, not started', snapshot);
  }
  return unit.installed === unit.prepared!.fingerprint ? undefined : installed(unit);
}

function installed(unit: UnitView): Step {
  const reason = unit.installed === undefined ? 'its file is not here' : 'its file has changed';
  return step('install', unit, reason);
}

/** The safe order: withdrawn and drained first, stopped after. */
function takenDown(unit: UnitView, reason: string, { writable }: Snapshot): Step | undefined {
  if (!isUp(unit.activity) || unit.activity?.active === 'deactivating') return undefined;
  if ((unit.published || unit.withdrawn) && !unit.drained) {
    return writable && !unit.busy.route ? step('drain', unit, reason) : undefined;
  }
  return step('stop', unit, reason);
}

function gone(unit: UnitView, snapshot: Snapshot): Step | undefined {
  const reason = `placement says gone: ${unit.placement!.reason}`;
  if (isUp(unit.activity)) return takenDown(unit, reason, snapshot);
  return unit.published || !isHere(unit) ? undefined : step('remove', unit, reason);
}

/** No placement names it: what runs is kept; only what does not run, and only on the store's word, is cleaned away. */
function orphan(unit: UnitView, { synced }: Snapshot): Step | undefined {
  if (isUp(unit.activity)) {
    return unit.started ? undefined : step('adopt', unit, 'it runs although no placement names it');
  }
  if (!synced || unit.published) return undefined;
  if (isHere(unit)) {
    return step('remove', unit, 'no placement names it and it does not run');
  }
  return step('forget', unit, 'nothing is left of it');
}

function routeOf(unit: UnitView, snapshot: Snapshot): Step | undefined {
  const { placement, published, health } = unit;
  const { machineIp, now, writable } = snapshot;
  const address = addressOf(unit, machineIp);
  if (!writable || unit.busy.route || now < unit.routeNotBefore || isBeingTakenDown(unit))
    return undefined;
  if (snapshot.withdrawing) return undefined;
  const active = unit.activity?.active;
  if (published && active !== 'active' && active !== 'reloading') {
    return step('withdraw', unit, 'it does not run');
  }
  if (published && health === 'unhealthy') {
    return step('withdraw', unit, unit.message ?? 'its health check fails');
  }
  if (address === undefined || active !== 'active' || !unit.started) return undefined;
  if (health !== 'healthy' && health !== 'none') return undefined;
  if (placement?.retiring && unit.takenOver) return undefined;
  if (placement && (!isToRun(unit) || whyReplaced(unit))) return undefined;
  return published?.address === address ? undefined : step('publish', unit, 'it is healthy');
}

function isBeingTakenDown({ busy, drained }: UnitView): boolean {
  return drained || busy.life === 'drain' || busy.life === 'stop';
}

/** Has its wanted unit another revision than the one we made ready? */
function isOutdated({ placement, prepared }: UnitView): boolean {
  return prepared === undefined || prepared.revision !== placement?.revision;
}

function isToRun({ placement, prepared }: UnitView): boolean {
  return placement?.want === 'run' && prepared?.launch === true;
}

/** Is it for us to start it again? A unit that was started and has done its work is left alone. */
function isRevived({ prepared, activity }: UnitView): boolean {
  if (prepared?.revive === 'always') return true;
  return prepared?.revive === 'failed' && activity?.active === 'failed';
}

/** Why what was started is not what must run; undefined if it is. */
function whyReplaced({ prepared, started, unwell }: UnitView): string | undefined {
  if (!prepared || !started) return undefined;
  if (started.fingerprint !== prepared.fingerprint) return 'what it must run has changed';
  if (started.restarts !== prepared.restarts) return `restart ${prepared.restarts} was asked`;
  return unwell;
}

function step(kind: StepKind, unit: UnitView, reason: string): Step {
  return { kind, unit: unit.name, reason };
}
