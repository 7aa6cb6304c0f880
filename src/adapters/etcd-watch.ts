// A watch that lives for ever: lists, follows from there, goes on at another member, lists again after a gap.

import { setTimeout as delay } from 'node:timers/promises';
import type { IWatchResponse } from 'etcd3';
import { toDeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Change, Snapshot, WatchObserver } from '../ports/store.ts';
import { entryOf } from './etcd-codec.ts';
import type { EtcdMember } from './etcd-member.ts';
import type { EtcdMembers } from './etcd-members.ts';
import { followStream, type StreamEnd } from './etcd-stream.ts';

/** etcd catches a late watcher up within 100 ms; no event for so long after a new beginning means: nothing was missed, ms. */
const CAUGHT_UP_MS = 300;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;

export interface WatchNeeds {
  members: EtcdMembers;
  /** Tells from which cluster the snapshot is, too. */
  list: (prefix: string, signal: AbortSignal) => Promise<Snapshot & { clusterId: string }>;
  log: Log;
}

/** Resolves when the signal aborts, never rejects. */
export async function watchPrefix(
  needs: WatchNeeds,
  prefix: string,
  observer: WatchObserver,
  signal: AbortSignal,
): Promise<void> {
  const watch = new Watch(needs, prefix, observer);
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const began = performance.now();
    try {
      await watch.follow(signal);
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = toDeisError(error);
      needs.log.debug('watch failed', { prefix, code, error: message });
    }
    if (signal.aborted) return;
    watch.interrupted();
    if (performance.now() - began > LONGEST_PAUSE_MS) pause = FIRST_PAUSE_MS;
    await delay(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

class Watch {
  readonly #needs: WatchNeeds;
  readonly #prefix: string;
  readonly #observer: WatchObserver;
  /** Up to where the observer has seen everything. */
  #seen: { revision: number; clusterId: string } | undefined;
  #everTold = false;
  #broken = false;

  constructor(needs: WatchNeeds, prefix: string, observer: WatchObserver) {
    this.#needs = needs;
    this.#prefix = prefix;
    this.#observer = observer;
  }

  /** Lists if need be and follows until the stream ends. */
  async follow(signal: AbortSignal): Promise<void> {
    if (!this.#seen) {
      const { clusterId, ...snapshot } = await this.#needs.list(this.#prefix, signal);
      this.#seen = { revision: snapshot.revision, clusterId };
      this.#tell(() => this.#observer.snapshot(snapshot));
    }
    const [member] = this.#needs.members.inOrder();
    if (!member) return;
    if ((await this.#stream(member, signal)) === 'gap') this.#seen = undefined;
  }

  interrupted(): void {
    // Before the first snapshot there is nothing that could be old.
    if (this.#broken || !this.#everTold) return;
    this.#broken = true;
    this.#guard(() => this.#observer.interrupted());
  }

  #tell(what: () => void): void {
    this.#broken = false;
    this.#everTold = true;
    this.#guard(what);
  }

  /** A mistake in an observer must not look like a broken stream. */
  #guard(what: () => void): void {
    try {
      what();
    } catch (error) {
      const { message, stack = '' } = toDeisError(error);
      this.#needs.log.error('observer failed', { prefix: this.#prefix, error: message, stack });
    }
  }

  async #stream(member: EtcdMember, signal: AbortSignal): Promise<StreamEnd> {
    let caughtUp: NodeJS.Timeout | undefined;
    const seen = this.#seen?.revision ?? 0;
    const listen = (response: IWatchResponse): StreamEnd | undefined => {
      if (response.canceled || this.#isElsewhere(response)) return 'gap';
      if (response.created) {
        const behind = Number(response.header.revision) > seen;
        caughtUp = setTimeout(() => this.#current(), behind ? CAUGHT_UP_MS : 0);
      }
      if (response.events.length > 0) this.#changed(response);
      return undefined;
    };
    try {
      return await followStream(member, this.#prefix, seen + 1, listen, signal);
    } finally {
      clearTimeout(caughtUp);
    }
  }

  /** A wiped or restored cluster would keep us waiting for a revision that is far away. */
  #isElsewhere({ header, created }: IWatchResponse): boolean {
    if (!this.#seen) return true;
    if (header.cluster_id !== this.#seen.clusterId) return true;
    return created && Number(header.revision) < this.#seen.revision;
  }

  /** The stream stands and has nothing more to tell: what was seen is how it is. */
  #current(): void {
    const seen = this.#seen;
    if (this.#broken && seen) this.#tell(() => this.#observer.changes([], seen.revision));
  }

  /**
   * The revision of the last event counts, not the header's: to a watcher that is catching up, etcd sends headers that
   * are ahead of events still to come.
   */
  #changed({ events, header }: IWatchResponse): void {
    const changes = events.map(({ type, kv }): Change => {
      if (type === 'Put') return { kind: 'put', entry: entryOf(kv) };
      return { kind: 'delete', key: kv.key.toString(), modRevision: Number(kv.mod_revision) };
    });
    const revision = Number(events.at(-1)?.kv.mod_revision ?? 0);
    this.#seen = { revision, clusterId: header.cluster_id };
    this.#tell(() => this.#observer.changes(changes, revision));
  }
}
