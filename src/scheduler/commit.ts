// Carries decisions out: batches of writes, each fenced by the leadership and by the revisions that were decided from.

import type { UnitKind } from '../model/unit.ts';
import type { Condition, Write } from '../ports/store.ts';
import { keys } from '../registry/keys.ts';
import type { Term } from '../registry/leadership.ts';
import { absent, put, remove, unchanged } from '../registry/registry.ts';
import type { Change, Decision, Requirement } from './decision.ts';

/** etcd takes 128 of each in a transaction. */
const MOST_WRITES = 100;
const MOST_CONDITIONS = 110;

export interface Outcome {
  written: Decision[];
  /** Decided from something that had changed meanwhile: to be decided anew. */
  stale: Decision[];
  /** How many writes were refused because the leadership was over; those behind the first need not be sent. */
  late: number;
  /** Store revision of the last write to each family. */
  revisions: Map<Change['family'], number>;
}

interface Batch {
  decisions: Decision[];
  writes: Write[];
  conditions: Map<string, Condition>;
}

/** Of registry/leadership.ts: commits under the leader's fence, and counts what came too late. */
export type Fenced = Pick<Term, 'commit' | 'refused'>;

/**
 * In order, until a write is refused because the leadership is over. The signal is not the term's own: whether a write is
 * late, only the store can say.
 */
export async function carryOut(
  term: Fenced,
  decisions: readonly Decision[],
  signal: AbortSignal,
): Promise<Outcome> {
  const outcome: Outcome = { written: [], stale: [], late: 0, revisions: new Map() };
  const queue = batchesOf(decisions);
  for (let batch = queue.shift(); batch; batch = queue.shift()) {
    const refusedBefore = term.refused;
    const result = await term.commit([...batch.conditions.values()], batch.writes, signal);
    if (result.applied) {
      outcome.written.push(...batch.decisions);
      for (const { changes } of batch.decisions) {
        for (const { family } of changes) outcome.revisions.set(family, result.revision);
      }
    } else if (term.refused > refusedBefore) {
      outcome.late = [batch, ...queue].reduce((sum, { writes }) => sum + writes.length, 0);
      return outcome;
    } else if (batch.decisions.length === 1) {
      outcome.stale.push(...batch.decisions);
    } else {
      queue.unshift(...halvesOf(batch));
    }
  }
  return outcome;
}

/** One stale decision must not hold up the others in its batch. */
function halvesOf({ decisions }: Batch): Batch[] {
  const middle = Math.ceil(decisions.length / 2);
  return [decisions.slice(0, middle), decisions.slice(middle)].flatMap(batchesOf);
}

function batchesOf(decisions: readonly Decision[]): Batch[] {
  const batches: Batch[] = [];
  let open: Batch | undefined;
  for (const decision of decisions) {
    const writes = decision.changes.map(writeOf);
    const conditions = conditionsOf(decision);
    const full =
      open &&
      (open.writes.length + writes.length > MOST_WRITES ||
        open.conditions.size + conditions.length > MOST_CONDITIONS);
    if (!open || full) {
      open = { decisions: [], writes: [], conditions: new Map() };
      batches.push(open);
    }
    open.decisions.push(decision);
    open.writes.push(...writes);
    for (const condition of conditions) open.conditions.set(condition.key, condition);
  }
  return batches;
}

function conditionsOf({ changes, requires }: Decision): Condition[] {
  const kept = changes.flatMap(({ family, ids, revision }) =>
    revision === undefined ? [] : [unchanged<unknown>(keys[family], ids, revision)],
  );
  return [...kept, ...requires.map(conditionOf)];
}

function conditionOf(requirement: Requirement): Condition {
  switch (requirement.kind) {
    case 'unit-unchanged': {
      const { unitKind, unit, revision } = requirement;
      return unchanged(UNITS[unitKind], [unit], revision);
    }
    case 'machine-silent':
      return absent(keys.alive, [requirement.machine]);
  }
}

const UNITS = {
  platform: keys.platformUnits,
  app: keys.appUnits,
  foreign: keys.foreignUnits,
} satisfies Record<UnitKind, unknown>;

function writeOf(change: Change): Write {
  const { ids } = change;
  if (change.value === null) return remove<unknown>(keys[change.family], ids);
  switch (change.family) {
    case 'placements':
      return put(keys.placements, ids, change.value);
    case 'lost':
      return put(keys.lost, ids, change.value);
    case 'unschedulable':
      return put(keys.unschedulable, ids, change.value);
    case 'schedulerStatus':
      return put(keys.schedulerStatus, ids, change.value);
  }
}
