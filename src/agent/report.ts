// Says in the cluster's words what became of a unit. Pure.

import type { UnitPhase, UnitState } from '../model/unit.ts';
import { addressOf, isHere, isUp, type UnitView } from './view.ts';

/** Facts that only the state needs, beside the view. `since`: ms since the epoch. */
export interface Facts {
  crashes: number;
  since: number;
  containerId?: string;
  startedAt?: string;
  exitCode?: number;
  outOfMemory?: boolean;
  lastEnd?: { exitCode: number; outOfMemory: boolean };
  drain?: { waitingFor: string[]; deadline: number };
}

/** The state to report; undefined for a unit of which nothing is left and that no placement names. */
export function stateOf(unit: UnitView, facts: Facts, machineIp: string): UnitState | undefined {
  const phase = phaseOf(unit);
  if (phase === undefined) return undefined;
  const { activity, prepared, placement } = unit;
  const address = phase === 'gone' ? undefined : addressOf(unit, machineIp);
  return {
    load: activity?.load ?? (unit.installed === undefined ? 'not-found' : 'loaded'),
    active: activity?.active ?? 'inactive',
    sub: activity?.sub ?? 'dead',
    phase,
    health: unit.health,
    revision: prepared?.revision ?? placement?.revision ?? 0,
    hash: prepared?.hash ?? '',
    restarts: restartsDone(unit),
    crashes: facts.crashes,
    since: facts.since,
    ...(address !== undefined && { address }),
    ...(unit.published && { published: unit.published.revision }),
    ...(facts.containerId !== undefined && { containerId: facts.containerId }),
    ...(facts.startedAt !== undefined && { startedAt: facts.startedAt }),
    ...(facts.exitCode !== undefined && { exitCode: facts.exitCode }),
    ...(facts.outOfMemory && { outOfMemory: true }),
    ...(facts.lastEnd && { lastEnd: facts.lastEnd }),
    ...(unit.message !== undefined && { message: unit.message }),
    ...(facts.drain && { drain: facts.drain }),
  };
}

function restartsDone({ started, prepared }: UnitView): number {
  return started?.restarts ?? prepared?.restarts ?? 0;
}

export function phaseOf(unit: UnitView): UnitPhase | undefined {
  const { activity, busy, placement } = unit;
  const present = isUp(activity) || isHere(unit);
  if (!placement) return present ? 'orphan' : undefined;
  if (!present && placement.want === 'gone') return 'gone';
  if (busy.life === 'stop' || activity?.active === 'deactivating') return 'stopping';
  if (busy.life === 'drain' || (unit.drained && isUp(activity))) return 'draining';
  if (activity?.active === 'active' || activity?.active === 'reloading') return 'running';
  if (activity?.active === 'activating') return 'starting';
  if (busy.life === 'pull') return 'pulling';
  if (activity?.active === 'failed') return 'failed';
  return phaseOfDown(unit);
}

function phaseOfDown({ placement, prepared, started, installed }: UnitView): UnitPhase {
  if (placement?.want !== 'run') return 'stopped';
  if (!prepared || prepared.revision !== placement.revision) return 'pending';
  if (!prepared.launch) return installed === undefined ? 'pending' : 'stopped';
  const asked = started?.fingerprint === prepared.fingerprint;
  if (asked && prepared.revive !== 'always') return 'stopped';
  return asked || installed !== undefined ? 'starting' : 'pending';
}

/** Equal for everybody who reads it: only then it need not be written again. */
export function sameState(left: UnitState | undefined, right: UnitState | undefined): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

function sorted(state: UnitState | undefined): unknown {
  return state && Object.entries(state).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
