// The scheduler's mind: a snapshot of the cluster in, decisions with reasons out. Pure and deterministic.

import type { Decision } from './decision.ts';
import { Draft } from './draft.ts';
import { lostMachines } from './lost-machines.ts';
import { type MoveBudget, moveBudget } from './move-budget.ts';
import { type Peers, peersOf } from './peers.ts';
import { rebalance } from './rebalance.ts';
import { listing, status, unschedulables } from './reports.ts';
import { clearWhatLeft, settle } from './settle.ts';
import type { ClusterSnapshot } from './snapshot.ts';

/** Losses first, then unit by unit by name (whoever is followed before its followers), then wishes, then reports. */
export function plan(snapshot: ClusterSnapshot): Decision[] {
  const draft = new Draft(snapshot);
  const names = [...draft.wanted.keys()].toSorted();
  const peers = peersOf(names.filter(isToRun).map((name) => draft.tenant(name).demand));
  const budget = moveBudget(draft);
  for (const unit of [...names.filter((name) => !isToRun(name)), ...peers.order]) {
    settle({ draft, peers, budget, wanted: draft.wanted.get(unit)! });
  }
  const orphans = unnamed(draft);
  const wish = wishes(draft, peers, budget);
  return [
    ...lostMachines(snapshot),
    ...draft.decisions(),
    ...unschedulables(draft),
    ...status(draft, 'orphans', orphans),
    ...status(draft, 'stuck', stuck(draft)),
    ...status(draft, 'brake', snapshot.brake === undefined ? undefined : { text: snapshot.brake }),
    ...wish,
    ...refused(draft),
  ];

  function isToRun(name: string): boolean {
    const { desired } = draft.wanted.get(name)!.value;
    return desired === 'launched' || desired === 'loaded';
  }
}

/** A missing key stops nothing: what runs without a unit record is named, and orders that were carried out are cleared. */
function unnamed(draft: Draft) {
  const orphans = new Set<string>();
  for (const { unit, machine, value } of draft.snapshot.placements) {
    if (draft.wanted.has(unit)) continue;
    if (value.want === 'run') orphans.add(`${unit} on ${draft.world.nameOf(machine)}`);
    else clearWhatLeft(draft, unit);
  }
  if (orphans.size === 0) return undefined;
  return { text: listing('units placed without a record, left as they are', [...orphans]) };
}

function stuck(draft: Draft) {
  return draft.stuck.length === 0 ? undefined : { text: draft.stuck.toSorted().join('; ') };
}

function wishes(draft: Draft, peers: Peers, budget: MoveBudget): Decision[] {
  const { wish } = draft.snapshot;
  const done = draft.snapshot.status.find(({ topic }) => topic === 'rebalance')?.value.done;
  if (wish === undefined || wish === done) return [];
  return rebalance(draft, peers, budget)
    ? status(draft, 'rebalance', { text: 'the units are spread evenly', done: wish })
    : status(draft, 'rebalance', { text: 'units are being spread anew', ...(done && { done }) });
}

/** A running total over all leaders. */
function refused(draft: Draft): Decision[] {
  if (draft.snapshot.refused === 0) return [];
  const before = draft.snapshot.status.find(({ topic }) => topic === 'refused')?.value.count ?? 0;
  const count = before + draft.snapshot.refused;
  return status(draft, 'refused', { text: `${count} late writes were refused`, count });
}
