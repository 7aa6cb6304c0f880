// Declaring machines lost and taking them back: the only place where the scheduler removes what an agent wrote.

import type { Change, Decision } from './decision.ts';
import type { ClusterSnapshot, MachineRecord } from './snapshot.ts';

/** Changes in one decision: it must fit into one transaction. */
const MOST_CHANGES = 90;

export function lostMachines(snapshot: ClusterSnapshot): Decision[] {
  return snapshot.machines.flatMap((record) => {
    if (record.lost && record.alive) return [welcome(record)];
    if (record.lost && !record.machine && !hasPlacements(snapshot, record.id)) {
      return [forget(record)];
    }
    if (record.lost || record.verdict.kind === 'lost') return lose(snapshot, record);
    return [];
  });
}

function welcome({ id, machine, lost }: MachineRecord): Decision {
  return {
    kind: 'return',
    machine: id,
    reason: `${machine?.name ?? id} is back`,
    changes: [{ family: 'lost', ids: [id], value: null, revision: lost!.revision }],
    requires: [],
  };
}

function forget({ id, lost }: MachineRecord): Decision {
  return {
    kind: 'clear',
    machine: id,
    reason: 'the lost machine is forgotten and nothing names it any more',
    changes: [{ family: 'lost', ids: [id], value: null, revision: lost!.revision }],
    requires: [],
  };
}

/** The record first, then what the machine reported; whatever is left after a break is removed by the next plan. */
function lose(snapshot: ClusterSnapshot, record: MachineRecord): Decision[] {
  const { id, machine, lost, verdict } = record;
  const why = verdict.kind === 'lost' ? verdict.reason : lost!.value.reason;
  const changes: Change[] = [];
  if (!lost) {
    const value = { since: snapshot.now, reason: why };
    changes.push({ family: 'lost', ids: [id], value, revision: 0 });
  }
  for (const state of snapshot.states) {
    if (state.machine === id) {
      changes.push({ family: 'states', ids: [id, state.unit], value: null });
    }
  }
  for (const { app, unit, address, revision } of snapshot.services) {
    if (!machine || !address.startsWith(`${machine.ip}:`)) continue;
    changes.push({ family: 'services', ids: [app, unit], value: null, revision });
  }
  const decisions: Decision[] = [];
  for (let from = 0; from < changes.length; from += MOST_CHANGES) {
    decisions.push({
      kind: 'lose',
      machine: id,
      reason: `${machine?.name ?? id} is lost: ${why}`,
      changes: changes.slice(from, from + MOST_CHANGES),
      requires: [{ kind: 'machine-silent', machine: id }],
    });
  }
  return decisions;
}

function hasPlacements(snapshot: ClusterSnapshot, machine: string): boolean {
  return snapshot.placements.some((placement) => placement.machine === machine);
}
