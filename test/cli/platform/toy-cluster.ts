// A cluster of one machine without machines: does at once what scheduler and agent would, so that operations can be tested.

import type { Placement } from '../../../src/model/cluster.ts';
import type { UnitState, WantedUnit } from '../../../src/model/unit.ts';
import { type MemoryStore, memoryStore } from '../../../src/adapters/memory-store.ts';
import { keys } from '../../../src/registry/keys.ts';
import { type Held, Registry, put, remove } from '../../../src/registry/registry.ts';
import { unitState } from '../records.ts';

const MACHINE = '1'.repeat(32);

export interface ToyCluster {
  registry: Registry;
  store: MemoryStore;
  /** Every change of a unit's state, `deis-router@1.service active`, in order. */
  history: string[];
  /** Units that fail when started, with the reason. */
  failing: Map<string, string>;
  /** Units no machine may run, with the reason. */
  refused: Map<string, string>;
}

/** Runs until the signal aborts. */
export function toyCluster(signal: AbortSignal): ToyCluster {
  const store = memoryStore();
  const registry = new Registry(store);
  const toy: ToyCluster = { registry, store, history: [], failing: new Map(), refused: new Map() };
  for (const family of [keys.platformUnits, keys.foreignUnits]) {
    let running: Promise<void> = Promise.resolve();
    const look = (): void => {
      running = running
        .then(async () => {
          const { items } = await registry.list(family, [], signal);
          for (const item of items) await obey(toy, item, signal);
        })
        .catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
    };
    const observer = { snapshot: look, changes: look, interrupted: look };
    void store.watch(family.prefix, observer, signal);
  }
  return toy;
}

async function obey(toy: ToyCluster, item: Held<WantedUnit>, signal: AbortSignal): Promise<void> {
  const { name } = item.value;
  const ids = [MACHINE, name];
  const before = await toy.registry.get(keys.states, ids, signal);
  if (item.value.desired === 'gone' || item.value.desired === 'inactive') {
    if (!before && !toy.refused.has(name)) return;
    toy.history.push(`${name} gone`);
    await toy.registry.commit(
      [],
      [remove(keys.states, ids), remove(keys.placements, ids), remove(keys.unschedulable, [name])],
      signal,
    );
    return;
  }
  const reason = toy.refused.get(name);
  if (reason !== undefined) {
    const record = { reason, machines: { 'deis-1': reason } };
    await toy.registry.commit([], [put(keys.unschedulable, [name], record)], signal);
    return;
  }
  if (before?.value.revision === item.modRevision) return;
  const state = stateOf(item, toy.failing.get(name));
  toy.history.push(
    `${name} ${state.active}${item.value.restarts > 0 ? ` restart ${item.value.restarts}` : ''}`,
  );
  const placement: Placement = {
    want: 'run',
    revision: item.modRevision,
    kind: item.value.kind,
    retiring: false,
    reason: 'toy',
  };
  await toy.registry.commit(
    [],
    [put(keys.placements, ids, placement), put(keys.states, ids, state)],
    signal,
  );
}

function stateOf({ value, modRevision }: Held<WantedUnit>, failing: string | undefined): UnitState {
  const at = { revision: modRevision, restarts: value.restarts };
  if (value.desired === 'loaded') {
    return unitState({ ...at, active: 'inactive', sub: 'dead', phase: 'stopped' });
  }
  if (failing === undefined) return unitState(at);
  return unitState({ ...at, active: 'failed', sub: 'failed', phase: 'failed', message: failing });
}
