// Asks one etcd member after another, healthy ones first, until one answers or the patience of a call is over.

import { setTimeout as delay } from 'node:timers/promises';
import type { IResponseHeader } from 'etcd3';
import { translate, unavailable } from './etcd-errors.ts';
import { type Client, EtcdMember, type EtcdTls } from './etcd-member.ts';

/** A call fails within this time, ms, whatever the members do: people are promised an answer within 3 s. */
const PATIENCE_MS = 2700;
/** One member's share of it, ms: longer than an election (1–2 s) lets a follower hold a write, shorter than two. */
const ATTEMPT_MS = 1500;
const ALONE_MS = 2000;
/** A try that took so much longer than it was given, ms: this process slept meanwhile (SIGSTOP, a suspended box). */
const SLEPT_MS = 1000;
/** Pause after all members failed at once (refused connections), ms. */
const ROUND_PAUSE_MS = 150;

/**
 * One question to one member. `options.deadline` is when to be back (wall clock, as gRPC wants it); `doubtful`, whether
 * an earlier try may have got through without an answer.
 */
export type Ask<T> = (
  client: Client,
  options: { deadline: number },
  doubtful: boolean,
) => Promise<T>;

interface Answer {
  header: IResponseHeader;
}

export class EtcdMembers {
  /** The newest revision that any answer has carried. */
  revision = 0;
  #members: EtcdMember[];
  readonly #tls: EtcdTls | undefined;
  #clusterId = '';

  constructor(endpoints: readonly string[], tls: EtcdTls | undefined) {
    this.#tls = tls;
    this.#members = endpoints.map((endpoint) => new EtcdMember(endpoint, tls));
    tls?.onRenewal?.(() => {
      for (const member of this.#members) member.renew();
    });
  }

  /** Asks these from now on. Who stays keeps its connection and its health record; none at all is ignored. */
  follow(endpoints: readonly string[]): void {
    if (endpoints.length === 0) return;
    const before = this.#members;
    this.#members = endpoints.map(
      (endpoint) =>
        before.find((member) => member.endpoint === endpoint) ??
        new EtcdMember(endpoint, this.#tls),
    );
    for (const member of before) if (!this.#members.includes(member)) member.close();
  }

  /** Remembers how far the store is; a restored or another cluster starts anew. */
  #note(header: IResponseHeader): void {
    const revision = Number(header.revision);
    this.revision =
      header.cluster_id === this.#clusterId ? Math.max(this.revision, revision) : revision;
    this.#clusterId = header.cluster_id;
  }

  /**
   * Throws DeisError('unavailable') when no member answered in time, the signal's reason when it aborts, and at once
   * what no other member would answer differently. Asking again must do no harm. Time that this process slept is nobody's silence:
   * whoever wakes is asked anew what became of what it had sent.
   */
  async call<T extends Answer>(what: string, ask: Ask<T>, signal: AbortSignal): Promise<T> {
    let end = performance.now() + PATIENCE_MS;
    const share = this.#members.length > 1 ? ATTEMPT_MS : ALONE_MS;
    let doubtful = false;
    let cause: unknown;
    for (;;) {
      for (const member of this.inOrder()) {
        signal.throwIfAborted();
        const left = end - performance.now();
        if (left <= 0) throw unavailable(what, doubtful, cause);
        const asked = performance.now();
        const within = Math.min(share, left);
        try {
          return await this.ask(member, what, ask, { within, doubtful }, signal);
        } catch (error) {
          signal.throwIfAborted();
          const problem = translate(error, what);
          if (!problem.again) throw problem.error;
          const now = performance.now();
          if (now - asked > within + SLEPT_MS) end = now + PATIENCE_MS;
          doubtful ||= problem.doubtful;
          cause = problem.error;
        }
      }
      await delay(ROUND_PAUSE_MS, undefined, { signal });
    }
  }

  /** One try at one member, `within` ms; keeps its health record. Throws what the library throws. */
  async ask<T extends Answer>(
    member: EtcdMember,
    what: string,
    ask: Ask<T>,
    { within, doubtful }: { within: number; doubtful: boolean },
    signal: AbortSignal,
  ): Promise<T> {
    const deadline = Date.now() + Math.max(1, within);
    try {
      const answer = await abortable(ask(member.client, { deadline }, doubtful), signal);
      member.answered(performance.now());
      this.#note(answer.header);
      return answer;
    } catch (error) {
      if (!signal.aborted && translate(error, what).again) member.missed(performance.now());
      throw error;
    }
  }

  /** As given, the sick ones at the end, the one that missed longest ago first among them. */
  inOrder(): EtcdMember[] {
    const now = performance.now();
    const rank = (member: EtcdMember): number => member.sickSince(now) ?? -1;
    return this.#members.toSorted((a, b) => rank(a) - rank(b));
  }

  close(): void {
    for (const member of this.#members) member.close();
  }
}

/** The promise, or the signal's reason as soon as it aborts; what becomes of the promise then matters to nobody. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
