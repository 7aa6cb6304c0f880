// After a lost answer: did our writes happen? Decided from what the store holds and from its history, never guessed.

import type { IKeyValue, IRangeRequest } from 'etcd3';
import type { Write } from '../ports/store.ts';
import { allUnder, oneKey } from './etcd-codec.ts';
import { CompactedError } from './etcd-errors.ts';
import type { EtcdMembers } from './etcd-members.ts';

type Put = Extract<Write, { kind: 'put' }>;

/** How many earlier values of a key are looked at. */
const MOST_STEPS = 20;

/**
 * `since`: a revision known before the first try. Yes: all puts stand there with our values and leases, written by one
 * transaction after `since` (or nothing is left of what was to be deleted); or one of them stood there and was
 * overwritten later. No: a key shows that it was not written by us since then. Unknown: its history does not tell.
 * Somebody else who wrote exactly the same values in one transaction counts as us: the state is the one we asked for.
 */
export async function wasCarriedOut(
  members: EtcdMembers,
  writes: Write[],
  since: number,
  signal: AbortSignal,
): Promise<'yes' | 'no' | 'unknown'> {
  const range = (request: IRangeRequest): Promise<IKeyValue[]> => look(members, request, signal);
  const puts = writes.filter((write) => write.kind === 'put');
  const [first] = puts;
  if (!first) return wereDeleted(writes, since, range);

  const found = await Promise.all(puts.map(async ({ key }) => (await range(oneKey(key)))[0]));
  const revision = Number(found[0]?.mod_revision ?? 0);
  const ours = (kv: IKeyValue | undefined, index: number): boolean => {
    const put = puts[index];
    return (
      kv !== undefined &&
      put !== undefined &&
      isOurs(kv, put) &&
      Number(kv.mod_revision) === revision
    );
  };
  if (revision > since && found.every(ours)) return 'yes';
  try {
    return await stoodThere(first, since, range);
  } catch (error) {
    if (error instanceof CompactedError) return 'unknown';
    throw error;
  }
}

/** Walks back through the values of one key until ours, or one from before our first try. */
async function stoodThere(
  put: Put,
  since: number,
  range: (request: IRangeRequest) => Promise<IKeyValue[]>,
): Promise<'yes' | 'no' | 'unknown'> {
  let at: number | undefined;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const [kv] = await range({ ...oneKey(put.key), ...(at === undefined ? {} : { revision: at }) });
    if (!kv) return 'unknown';
    const revision = Number(kv.mod_revision);
    if (revision <= since) return 'no';
    if (isOurs(kv, put)) return 'yes';
    at = revision - 1;
    if (at <= since) return 'no';
  }
  return 'unknown';
}

/** A key that was there before and still is was not deleted; if none is left, it does not matter who did it. */
async function wereDeleted(
  writes: Write[],
  since: number,
  range: (request: IRangeRequest) => Promise<IKeyValue[]>,
): Promise<'yes' | 'no' | 'unknown'> {
  const left = await Promise.all(
    writes.map((write) =>
      range(write.kind === 'delete-prefix' ? allUnder(write.prefix) : oneKey(write.key)),
    ),
  );
  const kvs = left.flat();
  if (kvs.length === 0) return 'yes';
  return kvs.some((kv) => Number(kv.create_revision) <= since) ? 'no' : 'unknown';
}

function isOurs(kv: IKeyValue, put: Put): boolean {
  return kv.value.equals(Buffer.from(put.value)) && kv.lease === (put.lease ?? '0');
}

async function look(
  members: EtcdMembers,
  request: IRangeRequest,
  signal: AbortSignal,
): Promise<IKeyValue[]> {
  const response = await members.call(
    'read',
    (client, options) => client.kv.range(request, options),
    signal,
  );
  return response.kvs;
}
