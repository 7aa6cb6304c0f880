// The store's members read whom they believe when they start: they are restarted one after the other, while the others answer.

import { setTimeout as sleep } from 'node:timers/promises';
import { lookAtMember, memberIsHealthy, type MemberWay } from '../../adapters/etcd-member-look.ts';
import { DeisError } from '../../model/errors.ts';
import type { Host } from '../../ports/host.ts';
import { ordered } from '../join/ordered.ts';

export interface Members {
  /** Client URLs. */
  endpoints: readonly string[];
  /** How the operator asks them, now. */
  way(): Promise<MemberWay>;
  /** Root on the machine of this address. */
  withShell<T>(ip: string, work: (host: Host) => Promise<T>): Promise<T>;
}

const HEALTHY_MS = 60_000;
const LOOK_MS = 200;
/** Whoever spoke with the member that was away comes back to it meanwhile, ms. */
const SETTLE_MS = 3000;

/** Throws DeisError 'conflict' when a member was sick before, 'timeout' when one does not come back. */
export async function restartMembers(members: Members, signal: AbortSignal): Promise<void> {
  await requireHealth(members, signal);
  for (const [index, endpoint] of (await leaderLast(members, signal)).entries()) {
    if (index > 0) await sleep(SETTLE_MS, undefined, { signal });
    await members.withShell(new URL(endpoint).hostname, (host) =>
      ordered(host, 'its member of the store', 'systemctl restart etcd.service', signal),
    );
    await untilHealthy(members, endpoint, signal);
  }
}

/** Throws DeisError('conflict') that names the sick ones: with one away, the next one would take the majority along. */
export async function requireHealth(members: Members, signal: AbortSignal): Promise<void> {
  const way = await members.way();
  const health = await Promise.all(
    members.endpoints.map((endpoint) => memberIsHealthy(endpoint, way, signal)),
  );
  const sick = members.endpoints.filter((_, index) => !health[index]);
  if (sick.length === 0) return;
  throw new DeisError(
    'conflict',
    `members of the store are not well: ${sick.join(', ')}`,
    'Mend them first: deisctl doctor',
  );
}

/** An election costs a second or two: one is enough. */
async function leaderLast(members: Members, signal: AbortSignal): Promise<string[]> {
  const way = await members.way();
  const looks = await Promise.all(
    members.endpoints.map(async (endpoint) => {
      const { id, leader } = await lookAtMember(endpoint, way, signal);
      return { endpoint, leads: id === leader };
    }),
  );
  return looks.toSorted((a, b) => Number(a.leads) - Number(b.leads)).map((look) => look.endpoint);
}

async function untilHealthy(
  members: Members,
  endpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + HEALTHY_MS;
  while (!(await memberIsHealthy(endpoint, await members.way(), signal))) {
    if (performance.now() > end) {
      throw new DeisError(
        'timeout',
        `the member of the store at ${endpoint} did not come back within ${HEALTHY_MS / 1000} s`,
        'Look at `systemctl status etcd` there. The same command goes on where it stopped.',
      );
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}
