// Asks every member of etcd how it is, all at once.

import { isIP } from 'node:net';
import { lookAtMember, type MemberWay } from '../../adapters/etcd-member-look.ts';
import { reachOf } from '../../adapters/tcp-reach.ts';
import type { MemberFact, MemberState } from '../../doctor/facts.ts';

const REACH_MS = 2000;

export function lookAtMembers(
  endpoints: readonly string[],
  way: MemberWay,
  signal: AbortSignal,
): Promise<MemberFact[]> {
  return Promise.all(endpoints.map((endpoint) => lookAt(endpoint, way, signal)));
}

async function lookAt(endpoint: string, way: MemberWay, signal: AbortSignal): Promise<MemberFact> {
  const { hostname, port } = new URL(endpoint);
  const ip = hostname.replace(/^\[|\]$/g, '');
  const reach = await reachOf(`${ip}:${port || '2379'}`, REACH_MS, signal, way.through);
  const about = { endpoint, ip: isIP(ip) > 0 ? ip : hostname };
  if (reach === 'refused') return { ...about, state: 'down' };
  if (reach !== 'open') return { ...about, state: 'unreachable' };
  try {
    const { id, leader, index, size } = await lookAtMember(endpoint, way, signal);
    const state = leader === '0' ? 'leaderless' : leader === id ? 'leading' : 'following';
    return { ...about, state, index, size };
  } catch (error) {
    signal.throwIfAborted();
    const problem = (error as Error).message;
    return { ...about, state: stateOf(problem), problem };
  }
}

function stateOf(problem: string): MemberState {
  if (problem.startsWith('silent')) return 'silent';
  return problem === 'refused' ? 'down' : 'refuses';
}

/** Does more than half of them know a leader? */
export function hasQuorum(members: readonly MemberFact[]): boolean {
  return members.filter(isWell).length > members.length / 2;
}

/** Those that may be read, the one that knows most first. */
export function readable(members: readonly MemberFact[]): MemberFact[] {
  const answers = members.filter((member) => isWell(member) || member.state === 'leaderless');
  return answers.toSorted(
    (a, b) => Number(isWell(b)) - Number(isWell(a)) || (b.index ?? 0) - (a.index ?? 0),
  );
}

function isWell({ state }: MemberFact): boolean {
  return state === 'leading' || state === 'following';
}
