// Members of the store follow the machines: step by step until the plan has nothing more to do. Cut off at any step, the next run goes
// on from what the store itself says.

import {
  addLearner,
  handOverLead,
  type MembershipWay,
  promote,
  removeMember,
  storeMembers,
} from '../../adapters/etcd-membership.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { DeisError, toDeisError } from '../../model/errors.ts';
import type { StoreMember } from '../../model/store-member.ts';
import type { Progress } from '../progress.ts';
import { type Carrier, type MemberStep, nextStep } from './plan.ts';

/** Starts and stops a member on a machine. Both may be called again after they were cut off. */
export interface MemberHost {
  /** `initialCluster`: `<name>=<peer>` of all members, this one among them, with commas between them. */
  start(initialCluster: string, signal: AbortSignal): Promise<void>;
  /** It ends, and what it knew is gone. */
  stop(signal: AbortSignal): Promise<void>;
}

export interface FollowNeeds {
  /** How the store is asked about itself. */
  way: MembershipWay;
  /** Machines that stay, best first. */
  carriers: readonly Carrier[];
  /** What a machine's member is called. */
  nameOf: (ip: string) => string;
  /** Undefined: nobody can log in there, or it is gone. */
  hostAt: (ip: string) => MemberHost | undefined;
  /** Everybody asks these members from now on. */
  told: (endpoints: readonly string[]) => Promise<void>;
  progress: Progress;
}

/** Refusals that pass, and a store that chooses a leader, are waited for so long, ms. */
const PATIENCE_MS = 60_000;
/** More steps than any change takes. */
const MOST_STEPS = 40;
/** A new member has learned everything within this time, ms. */
const LEARN_MS = 120_000;
const LOOK_MS = 200;

/** Answers the members' client URLs. Throws DeisError 'conflict' when a step would leave the store without a majority. */
export async function followMachines(needs: FollowNeeds, signal: AbortSignal): Promise<string[]> {
  let { endpoints } = needs.way;
  for (let count = 0; count < MOST_STEPS; count += 1) {
    const way = { ...needs.way, endpoints };
    const members = await patiently(() => storeMembers(way, signal), signal);
    endpoints = votersOf(members);
    const step = nextStep(members, needs.carriers);
    if (step.kind === 'stuck') {
      throw new DeisError('conflict', step.problem, 'See who answers: deisctl doctor');
    }
    if (step.kind === 'done') {
      await needs.told(endpoints);
      return [...endpoints];
    }
    await needs.progress.step(titleOf(step, needs), () =>
      carryOut(step, members, { ...way, endpoints }, needs, signal),
    );
  }
  throw new DeisError('internal', 'the members of the store did not settle');
}

function titleOf(step: MemberStep, { nameOf }: FollowNeeds): string {
  switch (step.kind) {
    case 'add':
      return `A member of the store for ${nameOf(step.carrier.ip)}`;
    case 'promote':
      return `The store on ${nameOf(step.carrier.ip)}`;
    case 'remove':
      return `No store on ${nameOf(step.member.ip)} any more: ${step.reason}`;
  }
}

async function carryOut(
  step: MemberStep,
  members: readonly StoreMember[],
  way: MembershipWay,
  needs: FollowNeeds,
  signal: AbortSignal,
): Promise<void> {
  switch (step.kind) {
    case 'add':
      // Whatever an earlier member left there would be taken for the new one's.
      await needs.hostAt(step.carrier.ip)?.stop(signal);
      await patiently(() => addLearner(way, `https://${step.carrier.ip}:2380`, signal), signal);
      return;
    case 'promote':
      await startVoting(step, members, way, needs, signal);
      return;
    case 'remove':
      await takeAway(step.member, members, way, needs, signal);
  }
}

async function startVoting(
  { member, carrier }: Extract<MemberStep, { kind: 'promote' }>,
  members: readonly StoreMember[],
  way: MembershipWay,
  { hostAt, nameOf }: FollowNeeds,
  signal: AbortSignal,
): Promise<void> {
  const initial = members.map(({ name, ip, peer }) => `${name || nameOf(ip)}=${peer}`).join(',');
  await hostAt(carrier.ip)?.start(initial, signal);
  const deadline = performance.now() + LEARN_MS;
  while (!(await patiently(() => promote(way, member.id, signal), signal))) {
    if (performance.now() > deadline) {
      const hint = `Look at: deisctl ssh ${nameOf(carrier.ip)} journalctl -u etcd`;
      throw new DeisError('timeout', `the store on ${nameOf(carrier.ip)} does not catch up`, hint);
    }
    await pause(LOOK_MS, undefined, { signal });
  }
}

async function takeAway(
  member: StoreMember,
  members: readonly StoreMember[],
  way: MembershipWay,
  { told, hostAt, nameOf, progress }: FollowNeeds,
  signal: AbortSignal,
): Promise<void> {
  const others = members.filter(({ id }) => id !== member.id);
  const heir = others.find(({ learner, healthy }) => !learner && healthy);
  const left = votersOf(others);
  if (!member.learner) await told(left);
  if (member.leads && heir) {
    await patiently(() => handOverLead(way, member, heir, signal), signal);
  }
  const asked = { ...way, endpoints: left.length > 0 ? left : way.endpoints };
  await patiently(() => removeMember(asked, member.id, signal), signal);
  try {
    await hostAt(member.ip)?.stop(signal);
  } catch (error) {
    signal.throwIfAborted();
    // The others know it no more, so it does no harm; it goes when its machine leaves or gets another one.
    if (member.healthy) throw error;
    progress.note(
      `${nameOf(member.ip)}: what its member kept is still there: ${toDeisError(error).message}`,
    );
  }
}

/** Asks again while the store is momentarily not able to. Each of these may be asked twice. */
async function patiently<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      signal.throwIfAborted();
      if (toDeisError(error).code !== 'unavailable' || performance.now() > deadline) throw error;
      await pause(LOOK_MS, undefined, { signal });
    }
  }
}

/** Those that answer first. */
function votersOf(members: readonly StoreMember[]): string[] {
  return members
    .filter(({ learner, endpoint }) => !learner && endpoint !== '')
    .toSorted((a, b) => Number(b.healthy) - Number(a.healthy) || (a.ip < b.ip ? -1 : 1))
    .map(({ endpoint }) => endpoint);
}
