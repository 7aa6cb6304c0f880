// The members of the store: who they are, and how one comes and goes (etcd's cluster API).

import { DeisError } from '../model/errors.ts';
import type { StoreMember } from '../model/store-member.ts';
import { denied, isDenied } from './etcd-errors.ts';
import { lookAtMember } from './etcd-member-look.ts';
import { askMember, type MemberWay, type Question } from './etcd-one-member.ts';

export interface MembershipWay extends MemberWay {
  /** `https://ip:2379` of members, as far as known; one that answers is enough. */
  endpoints: readonly string[];
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
  const { members } = await ask(
    way,
    (client, options) => client.cluster.memberList({}, options),
    signal,
  );
  return Promise.all(
    members.map(async ({ ID: id, name, peerURLs, clientURLs, isLearner }) => {
      const [endpoint] = clientURLs;
      const status = endpoint === undefined ? undefined : await look(endpoint, way, signal);
      return {
        id,
        name,
        ip: new URL(peerURLs[0]!).hostname,
        peer: peerURLs[0]!,
        endpoint: endpoint ?? '',
        learner: isLearner,
        healthy: status !== undefined,
        leads: status !== undefined && status.leader === id,
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
  const asked = { peerURLs: [peer], isLearner: true };
  await unlessDone(
    ask(way, (client, options) => client.cluster.memberAdd(asked, options), signal),
    /Peer URLs already exists/,
  );
}

/** False: it has not learned everything yet. */
export async function promote(
  way: MembershipWay,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await ask(way, (client, options) => client.cluster.memberPromote({ ID: id }, options), signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DeisError && /in sync with leader/.test(error.message)) return false;
    // A promotion whose answer was lost has happened.
    if (error instanceof DeisError && error.message.endsWith('promote a learner member'))
      return true;
    throw error;
  }
}

export async function removeMember(
  way: MembershipWay,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  await unlessDone(
    ask(way, (client, options) => client.cluster.memberRemove({ ID: id }, options), signal),
    /member not found/,
  );
}

/** Without it the others would miss their leader for one or two seconds. */
export async function handOverLead(
  way: Omit<MembershipWay, 'endpoints'>,
  leader: StoreMember,
  target: StoreMember,
  signal: AbortSignal,
): Promise<void> {
  const only = { ...way, endpoints: [leader.endpoint] };
  const asked = { targetID: target.id };
  await ask(only, (client, options) => client.maintenance.moveLeader(asked, options), signal);
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

/**
 * The first answer of any of them. What etcd itself refuses is 'refused', with its words, or 'forbidden'; that none answers, or none can
 * now, is 'unavailable'.
 */
async function ask<T>(
  { endpoints, ...way }: MembershipWay,
  question: Question<T>,
  signal: AbortSignal,
): Promise<T> {
  let last: Error | undefined;
  for (const endpoint of endpoints) {
    try {
      return await askMember(endpoint, way, question, ANSWER_MS, signal);
    } catch (error) {
      signal.throwIfAborted();
      last = error as Error;
      if (isDenied(last.cause)) throw denied('change of its members', last.cause);
      const said = (last.cause as Error).message;
      if (said.includes('etcdserver: ') && !MOMENTARY.test(said)) {
        throw new DeisError('refused', `the store refused: ${last.message}`, '', { cause: last });
      }
    }
  }
  const why = last?.message ?? 'it has no endpoint';
  throw new DeisError('unavailable', `no member of the store answers: ${why}`, '', { cause: last });
}
