// One etcd member as it is, over its HTTP gateway: who leads, how far it is, and what it has – without a majority too. For those who
// look at a sick store; everybody else uses etcd.ts, which asks whoever is well and believes a majority only.

import { setTimeout as pause } from 'node:timers/promises';
import type { Entry, Snapshot } from '../ports/store.ts';
import type { ClientTls } from './machine-client.ts';
import { quickGet } from './quick-get.ts';
import type { Dial } from './tcp-reach.ts';

/** How a member is reached. */
export interface MemberWay {
  tls: ClientTls;
  through?: Dial | undefined;
}

const STATUS_MS = 2000;
const READ_MS = 4000;

export interface MemberLook {
  /** Its own id, and the leader's that it knows; `0` or absent: none. */
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
  const answer = await post(endpoint, '/v3/maintenance/status', {}, way, STATUS_MS, signal);
  const {
    header,
    leader = '0',
    raftIndex = '0',
    dbSize = '0',
  } = answer as {
    header: { member_id: string };
    leader?: string;
    raftIndex?: string;
    dbSize?: string;
  };
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

/** All keys under a prefix. `serializable`: as this member has them, agreed or not. */
export async function readFromMember(
  endpoint: string,
  prefix: string,
  serializable: boolean,
  way: MemberWay,
  signal: AbortSignal,
): Promise<Snapshot> {
  const key = Buffer.from(prefix);
  const end = Buffer.from(key);
  end[end.length - 1]! += 1;
  const question = {
    key: key.toString('base64'),
    range_end: end.toString('base64'),
    serializable,
  };
  const answer = await post(endpoint, '/v3/kv/range', question, way, READ_MS, signal);
  const { header, kvs = [] } = answer as {
    header: { revision: string };
    kvs?: { key: string; value?: string; create_revision: string; mod_revision: string }[];
  };
  const entries = kvs.map((kv): Entry => ({
    key: text(kv.key),
    value: text(kv.value ?? ''),
    createRevision: Number(kv.create_revision),
    modRevision: Number(kv.mod_revision),
  }));
  return { revision: Number(header.revision), entries };
}

async function post(
  endpoint: string,
  path: string,
  question: unknown,
  way: MemberWay,
  ms: number,
  signal: AbortSignal,
): Promise<unknown> {
  const asked = { url: `${endpoint}${path}`, ...way, ms, body: JSON.stringify(question) };
  const answer = await quickGet(asked, signal).catch(async (error: Error) => {
    // A connection that was broken by a member that just starts: once more, soon.
    if (!/socket hang up|ECONNRESET/.test(error.message)) throw error;
    await pause(100, undefined, { signal });
    return quickGet(asked, signal);
  });
  if (answer.status === 200) return JSON.parse(answer.text);
  const { error, message } = JSON.parse(answer.text) as { error?: string; message?: string };
  throw new Error(message ?? error ?? `it answered ${answer.status}`);
}

function text(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
