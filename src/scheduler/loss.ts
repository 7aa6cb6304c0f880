// When a silent machine is lost. A pure rule with a small memory; every doubt starts its clock anew.

/** How long a machine must have answered no probe of the leader, ms; it may be before its heartbeat ended, too. */
export const LOST_AFTER_MS = 4000;
/** How long its heartbeat must have been missing at least, ms: whoever lives registers again within this time. */
const LEAST_SILENCE_MS = 1000;
/** After a suspicion of the many nobody is declared lost for three leases, ms. */
export const BRAKE_MS = 27_000;
/** Longest time between two looks; a longer one means that we slept, not the machines. */
const LONGEST_GAP_MS = 2000;
/** A probe's failure that is older says nothing about now. */
const FRESH_MS = 2500;
/** How soon to look again while anybody is silent. */
const LOOK_AGAIN_MS = 500;

/** One known machine that is not declared lost. Times by the leader's monotonic clock, ms. */
export interface Sighting {
  id: string;
  /** Its heartbeat is in the store. */
  alive: boolean;
  /** When a probe was last answered, and when one last failed. */
  answeredAt?: number;
  failedAt?: number;
  /** Since when every probe has failed, one after the other. */
  failingSince?: number;
}

export interface Observation {
  now: number;
  /** ms since the epoch, for sentences only. */
  wall: number;
  machines: readonly Sighting[];
  /** How often the leader's own watches broke so far. */
  breaks: number;
}

interface Brake {
  /** How many machines may be silent at once without it. */
  limit: number;
  total: number;
  /** Nobody is declared before. */
  next: number;
  /** For the sentence: when it lets go, ISO 8601. */
  until: string;
  declared: ReadonlySet<string>;
}

/** Begin with `NO_MEMORY` at each election: a new leader has seen nothing yet. */
export interface LossMemory {
  seenAt: number | undefined;
  breaks: number;
  /** Since when nothing made us doubt our own eyes. */
  clearSince: number;
  /** Since when each machine has been silent without any doubt. */
  silentSince: ReadonlyMap<string, number>;
  brake: Brake | undefined;
}

export const NO_MEMORY: LossMemory = {
  seenAt: undefined,
  breaks: 0,
  clearSince: 0,
  silentSince: new Map(),
  brake: undefined,
};

export interface Judgement {
  memory: LossMemory;
  suspect: ReadonlySet<string>;
  /** To be declared lost now, with the reason. */
  lost: ReadonlyMap<string, string>;
  /** Why losses are held back, for people. */
  brake?: string;
  /** Look again after so many ms; absent: whenever something happens. */
  lookAgainIn?: number;
}

export function judge(before: LossMemory, seen: Observation): Judgement {
  const silent = seen.machines.filter(({ alive }) => !alive);
  const anew = isDoubtful(before, seen);
  const clearSince = anew ? seen.now : before.clearSince;
  const looked = { seenAt: seen.now, breaks: seen.breaks, clearSince };
  if (silent.length === 0) {
    return { memory: { ...NO_MEMORY, ...looked }, suspect: new Set(), lost: new Map() };
  }
  const silentSince = new Map(silent.map((one) => [one.id, sinceWhen(one, before, seen, anew)]));
  const held = brakeOf(before, seen, silent, anew);
  const confirmed = silent.filter((one) =>
    isConfirmed(one, silentSince.get(one.id)!, clearSince, seen.now),
  );
  const { lost, brake } = held ? oneByOne(held, confirmed, seen.now) : { lost: confirmed };
  return {
    memory: { ...looked, silentSince, brake },
    suspect: new Set(silentSince.keys()),
    lost: new Map(lost.map(({ id }) => [id, REASON])),
    ...(brake ? { brake: sentenceOf(brake, silent) } : {}),
    lookAgainIn: LOOK_AGAIN_MS,
  };
}

const REASON = `its heartbeat ended and its deisd did not answer for ${LOST_AFTER_MS / 1000} s`;

/** We were blind for a moment: what looks like their silence may have been ours. */
function isDoubtful(before: LossMemory, seen: Observation): boolean {
  if (before.seenAt === undefined || seen.breaks !== before.breaks) return true;
  // While nobody is silent we look seldom.
  return before.silentSince.size > 0 && seen.now - before.seenAt > LONGEST_GAP_MS;
}

function sinceWhen(one: Sighting, before: LossMemory, { now }: Observation, anew: boolean): number {
  const since = anew ? now : (before.silentSince.get(one.id) ?? now);
  return Math.max(since, one.answeredAt ?? 0);
}

function isConfirmed(
  { failedAt, failingSince }: Sighting,
  silentSince: number,
  clearSince: number,
  now: number,
): boolean {
  if (failedAt === undefined || now - failedAt > FRESH_MS) return false;
  const unanswered = Math.max(clearSince, Math.min(silentSince, failingSince ?? silentSince));
  return now - silentSince >= LEAST_SILENCE_MS && now - unanswered >= LOST_AFTER_MS;
}

/** On while more are silent at once than max(1, a third); those it let go still count. */
function brakeOf(
  { brake }: LossMemory,
  { now, wall, machines }: Observation,
  silent: readonly Sighting[],
  anew: boolean,
): Brake | undefined {
  const fresh = {
    next: now + BRAKE_MS,
    until: new Date(wall + BRAKE_MS).toISOString(),
    declared: new Set<string>(),
  };
  if (!brake) {
    const total = machines.length;
    const limit = Math.max(1, Math.floor(total / 3));
    return silent.length > limit ? { limit, total, ...fresh } : undefined;
  }
  if (countOf(brake, silent) <= brake.limit) return undefined;
  return anew ? { ...brake, ...fresh, declared: brake.declared } : brake;
}

function countOf({ declared }: Brake, silent: readonly Sighting[]): number {
  return declared.size + silent.filter(({ id }) => !declared.has(id)).length;
}

function oneByOne(brake: Brake, confirmed: readonly Sighting[], now: number) {
  const again = confirmed.filter(({ id }) => brake.declared.has(id));
  const next = confirmed.find(({ id }) => !brake.declared.has(id));
  if (!next || now < brake.next) return { lost: again, brake };
  const declared = new Set([...brake.declared, next.id]);
  return { lost: [...again, next], brake: { ...brake, declared, next: now + LOST_AFTER_MS } };
}

function sentenceOf(brake: Brake, silent: readonly Sighting[]): string {
  const many = `${countOf(brake, silent)} of ${brake.total} machines are silent at once`;
  return brake.declared.size === 0
    ? `${many}; nothing is declared lost until ${brake.until}`
    : `${many}; they are declared lost one after the other since ${brake.until}`;
}
