// Transactions that stay correct when answers get lost and when old requests come back from the dead.
//
// A request whose answer was lost may have been carried out, or may be carried out later: a frozen member that is
// continued proposes what waits in its socket. So each write that the caller does not tie to one state of its key is
// tied by us to the newest revision that we know: once we, or anybody, have written the key after that, the ghost of
// an earlier try cannot pass any more. If only such a guard failed, nobody asked for it: we try again with the
// revision that the refusal carried.

import type { ICompare, IKeyValue, IRequestOp, ITxnResponse } from 'etcd3';
import { DeisError } from '../model/errors.ts';
import type { Committed, Condition, Entry, Transaction } from '../ports/store.ts';
import { allUnder, compareOf, entryOf, oneKey, requestOf, untouchedSince } from './etcd-codec.ts';
import { unavailable } from './etcd-errors.ts';
import { wasCarriedOut } from './etcd-lost-answer.ts';
import type { EtcdMembers } from './etcd-members.ts';
import { checkTransaction, guarded } from './store-limits.ts';

/** Guards can fail again only when somebody else writes the same keys within a round trip. */
const MOST_ROUNDS = 10;

export async function commit(
  members: EtcdMembers,
  transaction: Transaction,
  signal: AbortSignal,
): Promise<Committed> {
  checkTransaction(transaction);
  const { conditions, writes, reads = [] } = transaction;
  const loose = guarded(writes, conditions);
  const before = members.revision;
  let guard = before;
  let doubtful = false;

  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const guards = loose.map((write) => untouchedSince(write, guard));
    const response = await members.call(
      'commit',
      (client, options, again) => {
        doubtful ||= again;
        return client.kv.txn(requestFor(transaction, guards), options);
      },
      signal,
    );
    const revision = Number(response.header.revision);
    if (response.succeeded) {
      return { applied: true, revision, reads: readsOf(response, writes.length) };
    }
    const held = conditionsHold(conditions, response);
    if (doubtful) {
      const outcome = await wasCarriedOut(members, writes, before, signal);
      if (outcome === 'yes') return { applied: true, ...(await reread(members, reads, signal)) };
      if (outcome === 'unknown' && !held) throw unavailable('commit', true, undefined);
    }
    if (!held) return { applied: false, revision, reads: readsOf(response, conditions.length) };
    guard = revision;
  }
  throw new DeisError('conflict', 'Others keep changing the same keys of the store.', 'Try again.');
}

/** If all compare: the writes, then the reads. If not: the keys of the conditions, to tell which failed, and the reads. */
function requestFor({ conditions, writes, reads = [] }: Transaction, guards: ICompare[]) {
  const ranges = reads.map((prefix): IRequestOp => ({ request_range: allUnder(prefix) }));
  const questions = conditions.map(({ key }): IRequestOp => ({
    request_range: { ...oneKey(key), keys_only: true },
  }));
  return {
    compare: [...conditions.map(compareOf), ...guards],
    success: [...writes.map(requestOf), ...ranges],
    failure: [...questions, ...ranges],
  };
}

function kvsOf(response: ITxnResponse, index: number): IKeyValue[] {
  return response.responses[index]?.response_range.kvs ?? [];
}

function readsOf(response: ITxnResponse, from: number): Entry[][] {
  return response.responses
    .slice(from)
    .map((_, index) => kvsOf(response, from + index).map(entryOf));
}

function conditionsHold(conditions: Condition[], refusal: ITxnResponse): boolean {
  return conditions.every(({ kind, equals }, index) => {
    const kv = kvsOf(refusal, index)[0];
    return (
      Number((kind === 'mod-revision' ? kv?.mod_revision : kv?.create_revision) ?? 0) === equals
    );
  });
}

async function reread(
  members: EtcdMembers,
  reads: string[],
  signal: AbortSignal,
): Promise<Pick<Committed, 'revision' | 'reads'>> {
  const request = requestFor({ conditions: [], writes: [], reads }, []);
  const response = await members.call(
    'read',
    (client, options) => client.kv.txn(request, options),
    signal,
  );
  return { revision: Number(response.header.revision), reads: readsOf(response, 0) };
}
