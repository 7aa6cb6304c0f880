// A container's state in the words of Deis v1 (reference §1.12), from what machines report of its unit.

import { type UnitState, isServing } from '../../model/unit.ts';

export type ContainerState =
  | 'initialized' // wanted, nothing known of it yet
  | 'created' // on a machine, not started yet
  | 'up'
  | 'down' // between two states, or not healthy
  | 'destroyed'
  | 'crashed'
  | 'error';

/** The best of several machines' reports: while a unit moves, two may have it. */
export function containerState(states: readonly UnitState[]): ContainerState {
  if (states.some(isServing)) return 'up';
  const latest = states.toSorted((a, b) => b.revision - a.revision || b.since - a.since)[0];
  return latest ? stateOf(latest) : 'initialized';
}

function stateOf(state: UnitState): ContainerState {
  switch (state.phase) {
    case 'pending':
    case 'pulling':
      return 'created';
    case 'starting':
      return state.crashes > 0 ? 'crashed' : 'created';
    case 'running':
    case 'draining':
    case 'stopping':
      return 'down';
    case 'stopped':
    case 'gone':
      return 'destroyed';
    case 'failed':
      return 'crashed';
    case 'orphan':
      return 'error';
  }
}
