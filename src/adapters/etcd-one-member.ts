// One question to one member of the store and nobody else, over gRPC: etcd's HTTP gateway knows nobody by a certificate, and with roles in
// force it refuses everybody whose certificate has a name.

import { setTimeout as pause } from 'node:timers/promises';
import { GRPCDeadlineExceededError } from 'etcd3';
import { plainWords } from './etcd-errors.ts';
import { type Client, EtcdMember, type EtcdTls } from './etcd-member.ts';
import { Forwards } from './forward.ts';
import type { Dial } from './tcp-reach.ts';
import { untilAborted } from './until-aborted.ts';

/** How a member is reached. */
export interface MemberWay {
  tls: Pick<EtcdTls, 'ca' | 'cert' | 'key'>;
  /** Another way than straight. */
  through?: Dial | undefined;
}

/** `options.deadline` is wall clock, as gRPC wants it. */
export type Question<T> = (client: Client, options: { deadline: number }) => Promise<T>;

export interface OneMember {
  /** Rejects with a plain reason: `refused`, `silent for … ms`, or what TLS or etcd said. */
  ask<T>(question: Question<T>, ms: number, signal: AbortSignal): Promise<T>;
  close(): void;
}

/** Breaks of a connection to a member that just starts: asked once more, soon. */
const BROKEN = /ECONNRESET|socket hang up|Connection dropped|before secure TLS/;
const AGAIN_MS = 100;

/** What is opened for it is closed with it. */
export async function oneMember(endpoint: string, { tls, through }: MemberWay): Promise<OneMember> {
  const forwards = through && new Forwards(through);
  const near = forwards ? await forwards.door(endpoint) : endpoint;
  // A copy of the texts: whoever is asked once follows no renewal.
  const { ca, cert, key } = tls;
  const member = new EtcdMember(near, { ca, cert, key });
  const once = async <T>(question: Question<T>, end: number, signal: AbortSignal): Promise<T> => {
    const deadline = Date.now() + Math.max(1, end - performance.now());
    return await untilAborted(question(member.client, { deadline }), signal);
  };
  return {
    async ask(question, ms, signal) {
      const end = performance.now() + ms;
      try {
        signal.throwIfAborted();
        return await once(question, end, signal).catch(async (error: Error) => {
          signal.throwIfAborted();
          if (!BROKEN.test(error.message)) throw error;
          await pause(AGAIN_MS, undefined, { signal });
          return await once(question, end, signal);
        });
      } catch (error) {
        signal.throwIfAborted();
        throw new Error(reasonOf(error as Error, ms), { cause: error });
      }
    },
    close() {
      member.close();
      forwards?.close();
    },
  };
}

/** One question, and nothing stays open. */
export async function askMember<T>(
  endpoint: string,
  way: MemberWay,
  question: Question<T>,
  ms: number,
  signal: AbortSignal,
): Promise<T> {
  const member = await oneMember(endpoint, way);
  try {
    return await member.ask(question, ms, signal);
  } finally {
    member.close();
  }
}

function reasonOf(error: Error, ms: number): string {
  if (error instanceof GRPCDeadlineExceededError) return `silent for ${ms} ms`;
  if (error.message.includes('ECONNREFUSED')) return 'refused';
  const [, cause] =
    /Last error: (?:Error: )?(.*?)\.? (?:Resolution note|$)/s.exec(error.message) ?? [];
  return cause ?? plainWords(error.message);
}
