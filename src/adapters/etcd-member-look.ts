// One etcd member as it is: who leads, how far it is, and what it has – without a majority too. For those who look at a sick store;
// everybody else uses etcd.ts, which asks whoever is well and believes a majority only.

import type { Snapshot } from '../ports/store.ts';
import { allUnder, entryOf } from './etcd-codec.ts';
import { askMember, type MemberWay, oneMember } from './etcd-one-member.ts';
import { quickGet } from './quick-get.ts';

export type { MemberWay } from './etcd-one-member.ts';

const STATUS_MS = 2000;
const READ_MS = 4000;

export interface MemberLook {
  /** Its own id, and the leader's that it knows; `0`: none. */
  id: string;
  leader: string;
  /** How far its log is. */
  index: number;
  /** Bytes of its database. */
  size: number;
}

/** Rejects with a plain reason: `refused`, `silent for … ms`, or what TLS or etcd said. */
export async function lookAtMember(
  endpoint: string,
  way: MemberWay,
  signal: AbortSignal,
): Promise<MemberLook> {
  const { header, leader, raftIndex, dbSize } = await askMember(
    endpoint,
    way,
    (client, options) => client.maintenance.status(options),
    STATUS_MS,
    signal,
  );
  return { id: header.member_id, leader, index: Number(raftIndex), size: Number(dbSize) };
}

/** It has a leader and can agree on something. No answer is an answer. */
export async function memberIsHealthy(
  endpoint: string,
  way: MemberWay,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { text } = await quickGet({ url: `${endpoint}/health`, ...way, ms: STATUS_MS }, signal);
    return text.includes('"true"');
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

export interface MemberReader {
  /** All keys under a prefix. `serializable`: as this member has them, agreed or not. Rejects as above. */
  read(prefix: string, serializable: boolean, signal: AbortSignal): Promise<Snapshot>;
  close(): void;
}

export async function memberReader(endpoint: string, way: MemberWay): Promise<MemberReader> {
  const member = await oneMember(endpoint, way);
  return {
    async read(prefix, serializable, signal) {
      const question = { ...allUnder(prefix), serializable };
      const { header, kvs } = await member.ask(
        (client, options) => client.kv.range(question, options),
        READ_MS,
        signal,
      );
      return { revision: Number(header.revision), entries: kvs.map(entryOf) };
    },
    close: () => member.close(),
  };
}
