// The members of the store: who they are, and how one comes and goes (etcd's cluster API over its HTTP gateway).

import { DeisError } from '../model/errors.ts';
import type { StoreMember } from '../model/store-member.ts';
import { lookAtMember } from './etcd-member-look.ts';
import type { ClientTls } from './machine-client.ts';
import { quickGet } from './quick-get.ts';
import type { Dial } from './tcp-reach.ts';

export interface MembershipWay {
  /** `https://ip:2379` of members, as far as known; one that answers is enough. */
  endpoints: readonly string[];
  tls: ClientTls;
  /** Another way than straight. */
  through?: Dial | undefined;
}

/** As the gateway writes a member: what is empty is left out. */
interface WireMember {
  ID: string;
  name?: string;
  peerURLs?: string[];
  clientURLs?: string[];
  isLearner?: boolean;
}

/**
 * Refusals that pass: etcd takes or lets go of a member only when all others have been connected for five seconds, and when those that
 * were added have started.
 */
const MOMENTARY =
  /no leader|too many requests|timed out|leader changed|unhealthy cluster|not enough started members/;
const ANSWER_MS = 5000;

/** Every member with its health. Throws DeisError('unavailable') when none answers. */
export async function storeMembers(
  way: MembershipWay,
  signal: AbortSignal,
): Promise<StoreMember[]> {
  const { members = [] } = (await ask(way, '/v3/cluster/member/list', {}, signal)) as {
    members?: WireMember[];
  };
  return Promise.all(
    members.map(async (member) => {
      const [endpoint] = member.clientURLs ?? [];
      const status = endpoint === undefined ? undefined : await look(endpoint, way, signal);
      return {
        id: member.ID,
        name: member.name ?? '',
        ip: new URL(member.peerURLs![0]!).hostname,
        peer: member.peerURLs![0]!,
        endpoint: endpoint ?? '',
        learner: member.isLearner === true,
        healthy: status !== undefined,
        leads: status !== undefined && status.leader === member.ID,
      };
    }),
  );
}

/** One that listens and learns, and counts for nothing until it is promoted. */
export async function addLearner(
  way: MembershipWay,
  peer: string,
  signal: AbortSignal,
): Promise<void> {
  const body = { peerURLs: [peer], isLearner: true };
  await unlessDone(ask(way, '/v3/cluster/member/add', body, signal), /Peer URLs already exists/);
}

/** False: it has not learned everything yet. */
export async function promote(
  way: MembershipWay,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await ask(way, '/v3/cluster/member/promote', { ID: id }, signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DeisError && /in sync with leader/.test(error.message)) return false;
    // A promotion whose answer was lost has happened.
    if (error instanceof DeisError && /not a learner/.test(error.message)) return true;
    throw error;
  }
}

export async function removeMember(
  way: MembershipWay,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  await unlessDone(ask(way, '/v3/cluster/member/remove', { ID: id }, signal), /member not found/);
}

/** Without it the others would miss their leader for one or two seconds. */
export async function handOverLead(
  way: Omit<MembershipWay, 'endpoints'>,
  leader: StoreMember,
  target: StoreMember,
  signal: AbortSignal,
): Promise<void> {
  const only = { ...way, endpoints: [leader.endpoint] };
  const body = { targetID: target.id };
  await ask(only, '/v3/maintenance/transfer-leadership', body, signal);
}

/** Asked again after a lost answer, it was done already. */
async function unlessDone(asked: Promise<unknown>, words: RegExp): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof DeisError && error.code === 'refused' && words.test(error.message))) {
      throw error;
    }
  }
}

/** Undefined: it does not answer, or knows no leader. */
async function look(
  endpoint: string,
  { tls, through }: MembershipWay,
  signal: AbortSignal,
): Promise<{ leader: string } | undefined> {
  try {
    const { leader } = await lookAtMember(endpoint, { tls, through }, signal);
    return leader === '0' ? undefined : { leader };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** The first answer of any of them. What etcd itself refuses is 'refused', with its words. */
async function ask(
  { endpoints, tls, through }: MembershipWay,
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<unknown> {
  let last: unknown;
  for (const endpoint of endpoints) {
    try {
      const url = `${endpoint}${path}`;
      const asked = { url, tls, through, body: JSON.stringify(body), ms: ANSWER_MS };
      const { status, text } = await quickGet(asked, signal);
      if (status === 200) return JSON.parse(text);
      const { error = text } = JSON.parse(text) as { error?: string };
      const words = error.replace(/^etcdserver: /, '');
      if (!MOMENTARY.test(words)) {
        throw new DeisError('refused', `the store refused: ${words}`);
      }
      last = new Error(words);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DeisError) throw error;
      last = error;
    }
  }
  const why = last instanceof Error ? last.message : 'it has no endpoint';
  throw new DeisError('unavailable', `no member of the store answers: ${why}`, '', { cause: last });
}
