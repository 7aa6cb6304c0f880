// When a machine may be rebooted: one at a time, only while every app keeps a healthy container elsewhere and the store a majority. Pure.

import { parseContainerName } from './ids.ts';
import { quorumOf, type StoreMember } from './store-member.ts';

/** Where the system's own updater asks, on each machine's loopback. */
export const FLEET_LOCK_PORT = 7601;

/** Whose turn it is. There is one record: whoever can create it reboots, and deletes it when it is back and well. */
export interface RebootTurn {
  /** machine-id. */
  machine: string;
  name: string;
  /** The boot that ends: another one means that it has been rebooted. */
  bootId: string;
  /** `operator`: deisctl; `system`: the machine's own updates. */
  by: 'operator' | 'system';
  /** ISO 8601, UTC. */
  since: string;
}

/** What a machine tells while it makes ready; the last one is `granted` or `refused`. */
export type RebootNews =
  | { kind: 'progress'; text: string }
  | { kind: 'granted' }
  | { kind: 'refused'; problem: string; hint: string };

/** A container of an app: on which machine, and whether it runs and is healthy there. */
export interface AppContainer {
  /** Name of its unit. */
  unit: string;
  machine: string;
  serving: boolean;
}

/** What speaks against taking this machine's member of the store away for a while; undefined: nothing. */
export function storeProblem(
  members: readonly Pick<StoreMember, 'ip' | 'learner' | 'healthy'>[],
  ip: string,
): string | undefined {
  const voters = members.filter(({ learner }) => !learner);
  if (!voters.some((member) => member.ip === ip)) return undefined;
  const others = voters.filter((member) => member.ip !== ip && member.healthy).length;
  const needed = quorumOf(voters.length);
  if (others >= needed) return undefined;
  return `without it ${others} of the store's ${voters.length} members would answer, ${needed} are needed`;
}

/**
 * Process types that would have no healthy container elsewhere, as `app.type`, sorted. Those that run nowhere now lose nothing.
 * `elsewhere`: machines that live and stay.
 */
export function orphaned(
  containers: readonly AppContainer[],
  machine: string,
  elsewhere: ReadonlySet<string>,
): string[] {
  const here = new Set<string>();
  const safe = new Set<string>();
  for (const container of containers) {
    const name = parseContainerName(container.unit);
    if (!name || !container.serving) continue;
    const type = `${name.app}.${name.type}`;
    if (container.machine === machine) here.add(type);
    else if (elsewhere.has(container.machine)) safe.add(type);
  }
  return [...here].filter((type) => !safe.has(type)).toSorted();
}
