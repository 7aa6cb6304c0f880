// Which machines carry the store, and the next step towards it; pure. An odd number, five at most: an even one bears no more losses
// than the odd one below it. Machines come before machines go, so that as many may fail meanwhile as before.

import { quorumOf, type StoreMember } from '../../model/store-member.ts';

/** A machine that stays in the cluster. */
export interface Carrier {
  id: string;
  ip: string;
  /** A member can be started and stopped there by us. */
  able: boolean;
}

export type MemberStep =
  | { kind: 'add'; carrier: Carrier }
  /** Its member is started, if it is not, and votes from then on. */
  | { kind: 'promote'; member: StoreMember; carrier: Carrier }
  | { kind: 'remove'; member: StoreMember; reason: string };

export type Decision = MemberStep | { kind: 'done' } | { kind: 'stuck'; problem: string };

type Member = Pick<StoreMember, 'id' | 'name' | 'ip' | 'learner' | 'healthy'>;

export function wantedMembers(machines: number): number {
  if (machines < 3) return 1;
  return machines < 5 ? 3 : 5;
}

/** `carriers`: best first; the last ones lose their member first when there are too many. */
export function nextStep(members: readonly StoreMember[], carriers: readonly Carrier[]): Decision {
  const at = new Map(carriers.map((carrier) => [carrier.ip, carrier]));
  const voters = members.filter(({ learner }) => !learner);
  const learner = members.find((member) => member.learner);
  const kept = voters.filter(({ ip }) => at.has(ip));
  const leaving = voters.filter(({ ip }) => !at.has(ip));
  const free = carriers.filter(({ able, ip }) => able && !voters.some((one) => one.ip === ip));
  const wanted = Math.min(wantedMembers(carriers.length), odd(kept.length + free.length));

  if (learner) {
    const carrier = at.get(learner.ip);
    if (!carrier) return remove(voters, learner, 'its machine goes');
    if (kept.length >= wanted) return remove(voters, learner, 'there are enough');
    return { kind: 'promote', member: learner, carrier };
  }
  const dead = leaving.find(({ healthy }) => !healthy);
  if (dead) return remove(voters, dead, 'its machine is gone');
  const [next] = free;
  if (kept.length < wanted && next) return { kind: 'add', carrier: next };
  const goes = lastOf(leaving);
  if (goes) return remove(voters, goes, 'its machine goes');
  if (kept.length > wanted) return remove(voters, worst(kept, carriers), 'there are too many');
  return { kind: 'done' };
}

/** The largest odd number that is not more. */
const odd = (count: number): number => Math.max(1, count - ((count + 1) % 2));

/** The leader last: it hands over first. */
function lastOf(members: readonly StoreMember[]): StoreMember | undefined {
  return members.find(({ leads }) => !leads) ?? members[0];
}

/** Who does not answer, else whose machine is the least preferred. */
function worst(members: readonly StoreMember[], carriers: readonly Carrier[]): StoreMember {
  const rank = (member: StoreMember): number =>
    (member.healthy ? 0 : carriers.length) + carriers.findIndex(({ ip }) => ip === member.ip);
  return members.toSorted((a, b) => rank(b) - rank(a))[0]!;
}

/** Only while those that answer are still enough without it. */
function remove(voters: readonly Member[], member: StoreMember, reason: string): Decision {
  const left = voters.filter(({ id }) => id !== member.id);
  const healthy = left.filter((one) => one.healthy).length;
  if (!member.learner && left.length === 0) {
    return { kind: 'stuck', problem: `${member.name} is the store's only member` };
  }
  if (!member.learner && healthy < quorumOf(left.length)) {
    const problem = `without ${member.name} only ${healthy} of the store's ${left.length} members would answer`;
    return { kind: 'stuck', problem };
  }
  return { kind: 'remove', member, reason };
}
