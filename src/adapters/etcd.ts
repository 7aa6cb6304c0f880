// The store on etcd v3.

import type { IRangeRequest, IRangeResponse, IResponseHeader } from 'etcd3';
import { DeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Entry, Snapshot, Store } from '../ports/store.ts';
import { allUnder, entryOf, oneKey } from './etcd-codec.ts';
import { commit } from './etcd-commit.ts';
import { CompactedError } from './etcd-errors.ts';
import { keepLeaseAlive } from './etcd-lease.ts';
import type { EtcdTls } from './etcd-member.ts';
import { EtcdMembers } from './etcd-members.ts';
import { watchPrefix } from './etcd-watch.ts';

export interface EtcdOptions {
  /** `https://10.0.0.1:2379`, one per member; the first that is well is asked. */
  endpoints: string[];
  /** Left out only in tests: a cluster always speaks mutual TLS. */
  tls?: EtcdTls;
  log: Log;
}

/** Keys per answer: larger families come in several, all at the revision of the first. */
const PAGE = 5000;
/** Keys per transaction of `getMany`. */
const READS = 100;

/**
 * Opens no connection before the first call. Every call answers or throws within 3 s: DeisError('unavailable') when no
 * member answered. A commit whose answer was lost is asked again and reported truthfully (see etcd-commit.ts).
 */
export function etcdStore({ endpoints, tls, log }: EtcdOptions): Store {
  if (endpoints.length === 0) throw new DeisError('invalid', 'The store needs an etcd endpoint.');
  const members = new EtcdMembers(endpoints, tls);
  const closing = new AbortController();

  const list = async (prefix: string, signal: AbortSignal) => {
    for (;;) {
      try {
        return await listOnce(members, prefix, signal);
      } catch (error) {
        // The revision of the first page was compacted before the last page came.
        if (!(error instanceof CompactedError)) throw error;
      }
    }
  };

  return {
    async identity(signal) {
      const { header } = await range(members, { ...oneKey('\0'), count_only: true }, signal);
      return { clusterId: header.cluster_id, revision: Number(header.revision) };
    },

    async get(key, signal) {
      const { kvs } = await range(members, oneKey(key), signal);
      return kvs[0] && entryOf(kvs[0]);
    },

    async getMany(keys, signal) {
      const found: (Entry | undefined)[] = [];
      for (let from = 0; from < keys.length; from += READS) {
        const some = keys.slice(from, from + READS);
        const success = some.map((key) => ({ request_range: oneKey(key) }));
        const { responses } = await members.call(
          'read',
          (client, options) => client.kv.txn({ success }, options),
          signal,
        );
        for (const { response_range } of responses) {
          const [kv] = response_range.kvs;
          found.push(kv && entryOf(kv));
        }
      }
      return found;
    },

    async list(prefix, signal) {
      const { revision, entries } = await list(prefix, signal);
      return { revision, entries };
    },

    commit: (transaction, signal) => commit(members, transaction, signal),

    watch(prefix, observer, signal) {
      const ends = AbortSignal.any([signal, closing.signal]);
      return watchPrefix({ members, list, log }, prefix, observer, ends);
    },

    async grantLease(ttl, signal) {
      const { ID } = await members.call(
        'lease grant',
        (client, options) => client.leaseClient.leaseGrant({ TTL: ttl }, options),
        signal,
      );
      return ID;
    },

    keepLeaseAlive: (lease, signal) => keepLeaseAlive(members, lease, signal),

    async revokeLease(lease, signal) {
      try {
        await members.call(
          'lease revocation',
          (client, options) => client.leaseClient.leaseRevoke({ ID: lease }, options),
          signal,
        );
      } catch (error) {
        // It ended before, or an earlier try of ours got through.
        if (!(error instanceof DeisError && error.code === 'lease-gone')) throw error;
      }
    },

    follow: (endpoints) => members.follow(endpoints),

    close() {
      closing.abort();
      members.close();
    },
  };
}

async function listOnce(
  members: EtcdMembers,
  prefix: string,
  signal: AbortSignal,
): Promise<Snapshot & { clusterId: string }> {
  const entries: Entry[] = [];
  const { key, range_end } = allUnder(prefix);
  let from = key;
  let header: IResponseHeader | undefined;
  for (;;) {
    const at = header && { revision: header.revision };
    const page = await range(members, { key: from, range_end, limit: PAGE, ...at }, signal);
    header ??= page.header;
    for (const kv of page.kvs) entries.push(entryOf(kv));
    const last = page.kvs.at(-1);
    if (!page.more || !last) {
      return { revision: Number(header.revision), clusterId: header.cluster_id, entries };
    }
    from = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

function range(
  members: EtcdMembers,
  request: IRangeRequest,
  signal: AbortSignal,
): Promise<IRangeResponse> {
  return members.call('read', (client, options) => client.kv.range(request, options), signal);
}
