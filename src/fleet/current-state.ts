// Where a unit is and how far it has come, in fleet's three words, from what scheduler and agents say. Pure; computed when it is read.
//
// fleet: `inactive` on no machine, or nothing is reported from there yet; `loaded` it is there; `launched` systemd has been asked to
// start it (whether it runs, only the systemd states tell). Here a word is not said before it is true of what was asked last: who
// waits for it, as fleetctl does, waits for the new contents, the restart, or the end.

import type { Placement } from '../model/cluster.ts';
import type { UnitState, WantedUnit } from '../model/unit.ts';

export type CurrentState = 'inactive' | 'loaded' | 'launched';

/** A unit on one machine: what is decided, what is reported. */
export interface Presence {
  machine: string;
  placement?: Placement;
  state?: UnitState;
  lost: boolean;
}

export interface Whereabouts {
  currentState: CurrentState;
  /** Id. */
  machine?: string;
}

/** `revision`: the record's own in the store. */
export function whereabouts(
  unit: WantedUnit,
  revision: number,
  presences: readonly Presence[],
): Whereabouts {
  const homes = presences.filter(({ placement }) => placement?.want === 'run');
  const home = homes.find(({ placement }) => !placement!.retiring) ?? homes[0];
  if (home) {
    return { machine: home.machine, currentState: stateAt(home.state, unit, revision) };
  }
  const leaving = presences.find(
    ({ placement, state, lost }) => placement && !lost && state !== undefined && isUp(state),
  );
  if (leaving) return { machine: leaving.machine, currentState: 'launched' };
  return { currentState: 'inactive' };
}

function isUp({ active, phase }: UnitState): boolean {
  return !['inactive', 'failed'].includes(active) || phase === 'stopping' || phase === 'draining';
}

function stateAt(state: UnitState | undefined, unit: WantedUnit, revision: number): CurrentState {
  if (!state || state.phase === 'gone') return 'inactive';
  const answered = state.revision === revision;
  // Nothing of it is on the machine; with a message: nor will it be, as far as the agent can see.
  if (state.phase === 'pending') {
    if (!answered || state.message === undefined) return 'inactive';
    return unit.desired === 'launched' ? 'launched' : 'loaded';
  }
  if (unit.desired !== 'launched') {
    const leaves = answered
      ? state.phase === 'stopping' || state.phase === 'draining'
      : isUp(state);
    return leaves ? 'launched' : 'loaded';
  }
  return answered && state.restarts === unit.restarts && wasStarted(state) ? 'launched' : 'loaded';
}

/** Was systemd asked, with success or without? The agent says why not only after it has tried. */
function wasStarted({ phase, active, message }: UnitState): boolean {
  switch (phase) {
    case 'running':
    case 'failed':
    case 'stopped':
      return true;
    case 'starting':
      return active === 'activating' || message !== undefined;
    case 'pending':
    case 'pulling':
    case 'draining':
    case 'stopping':
    case 'gone':
    case 'orphan':
      return false;
  }
}
