// On which machine a one-off container runs: the least loaded of those that the app's tags allow. Pure.

import { formatBytes } from '../../model/capacity.ts';
import type { Machine, Orders } from '../../model/cluster.ts';

export interface RunCandidate {
  machine: Machine;
  alive: boolean;
  orders: Orders | undefined;
  /** Containers placed there to run, and bytes they reserve. */
  containers: number;
  reserved: number;
  /** The release's image is known to be there. */
  hasImage: boolean;
}

export interface RunNeeds {
  /** All must be in the machine's metadata. */
  tags: Readonly<Record<string, string>>;
  /** Bytes; absent: none. */
  memory?: number;
}

/** A container without a limit counts as this much, as for the scheduler. */
const USUAL_BYTES = 64 * 1024 * 1024;

export type RunChoice =
  /** Best first: the next one is tried when one does not answer. */
  { machines: Machine[] } | { problem: string };

export function chooseRunMachine(candidates: readonly RunCandidate[], needs: RunNeeds): RunChoice {
  const reasons: string[] = [];
  const able = candidates.filter((candidate) => {
    const problem = problemOf(candidate, needs);
    if (problem !== undefined) reasons.push(`${candidate.machine.name}: ${problem}`);
    return problem === undefined;
  });
  if (able.length > 0) {
    return { machines: able.toSorted(byLoad).map(({ machine }) => machine) };
  }
  return { problem: ['No machine may run it.', ...reasons.toSorted()].join('\n') };
}

function problemOf(
  { machine, alive, orders, reserved }: RunCandidate,
  { tags, memory = 0 }: RunNeeds,
): string | undefined {
  if (!alive) return 'it does not answer';
  if (orders?.drain) return 'it is being drained';
  if (orders?.cordon) return 'it is cordoned';
  for (const [key, value] of Object.entries(tags)) {
    const has = Object.hasOwn(machine.metadata, key) ? machine.metadata[key] : undefined;
    if (has === value) continue;
    return `the app asks for ${key}=${value}, the machine has ${has === undefined ? `no ${key}` : `${key}=${has}`}`;
  }
  const free = machine.capacity.memory - reserved;
  if (memory > 0 && machine.capacity.memory > 0 && memory > free) {
    return `it needs ${formatBytes(memory)} of memory, ${formatBytes(free)} are free`;
  }
  return undefined;
}

function byLoad(one: RunCandidate, other: RunCandidate): number {
  return (
    load(one) - load(other) ||
    Number(other.hasImage) - Number(one.hasImage) ||
    (one.machine.name < other.machine.name ? -1 : 1)
  );
}

/** Share of the machine that is spoken for, in hundredths. */
function load({ machine, containers, reserved }: RunCandidate): number {
  const { memory } = machine.capacity;
  if (memory === 0) return containers;
  return Math.round((100 * (reserved + containers * USUAL_BYTES)) / memory);
}
