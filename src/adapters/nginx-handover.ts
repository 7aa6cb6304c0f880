// Reloads that lose no connection: old workers are deaf to their master, let go when the new ones answer, and end when nobody is
// connected to them any more. handover.lua is their side of it.

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isDeisError } from '../model/errors.ts';
import { type Clock, rest } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { askControl } from './nginx-control.ts';
import type { WorkerReport } from './nginx-lines.ts';
import { acceptsNoMore, processFacts, signalAll } from './nginx-process.ts';

/** They look every 100 ms. A worker that hears its master still would cut its idle connections, so a busy box gets its time. */
const DEAF_MS = 20_000;
/** Those that are slow to let go do it when they come to it. */
const LET_GO_MS = 3000;
const ORDER_MS = 5000;
const LOOK_MS = 20;
const SWEEP_MS = 1000;
/** A connection may be idle on an old worker for so long; web sockets and downloads are not idle. */
const IDLE_MS = 600_000;
/** So many old workers may stay for those who are connected to them; each holds some 20 MB. */
const MOST_RETIRED = 16;

export interface HandoverNeeds {
  /** Path of the control socket. */
  control: string;
  /** Workers that live. */
  workers: (signal: AbortSignal) => Promise<WorkerReport[]>;
  clock: Clock;
  log: Log;
}

/** One nginx's. */
export class NginxHandover {
  readonly #needs: HandoverNeeds;
  /** Retired worker → since when, on the monotonic clock; Infinity: it was told to end. */
  readonly #retired = new Map<string, number>();
  /** May there be retired workers at all? */
  #looks = false;

  constructor(needs: HandoverNeeds) {
    this.#needs = needs;
  }

  /** Before a reload: resolves when no worker that can hear hears its master any more. */
  async deafen(signal: AbortSignal): Promise<void> {
    await this.#order(`/reload?attempt=${randomUUID()}`, signal);
    const deaf = ({ id, phase }: WorkerReport): boolean => phase !== '-' || acceptsNoMore(id);
    await this.#until(deaf, DEAF_MS, signal);
  }

  /** When enough workers run the new file: the others accept no more. */
  async letGo(signal: AbortSignal): Promise<void> {
    await this.#order('/let-go', signal);
    this.#looks = true;
    await this.#until((worker) => stays(worker) || isGone(worker), LET_GO_MS, signal);
  }

  /** Ends retired workers that nobody needs, now and then, until the signal aborts. */
  async sweep(running: () => boolean, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#needs;
    while (!signal.aborted) {
      await rest(clock, SWEEP_MS, signal);
      if (signal.aborted || !this.#looks || !running()) continue;
      try {
        this.#endUnneeded(await this.#workers(signal));
      } catch (error) {
        if (!signal.aborted) log.warn('could not look for old workers', { error: String(error) });
      }
    }
  }

  #endUnneeded(workers: WorkerReport[] | undefined): void {
    if (!workers) return;
    const retired = workers.filter(({ phase }) => phase === 'retired').map(({ id }) => id);
    for (const id of this.#retired.keys()) if (!retired.includes(id)) this.#retired.delete(id);
    this.#looks = retired.length > 0;
    const now = this.#needs.clock.monotonic();
    for (const id of retired) {
      const since = this.#retired.get(id) ?? now;
      this.#retired.set(id, since);
      const idle = connectionsOf(pidOf(id)) === 0 || now - since > IDLE_MS;
      if (idle && since !== Infinity) this.#end(id, 'SIGQUIT');
    }
    for (const id of retired.slice(0, -MOST_RETIRED)) {
      this.#needs.log.warn('ended an old worker with its connections', { id });
      this.#end(id, 'SIGTERM');
    }
  }

  #end(id: string, how: NodeJS.Signals): void {
    this.#retired.set(id, Infinity);
    signalAll([pidOf(id)], how);
  }

  /** Orders may be given twice. Throws 'unavailable' when nobody takes one. */
  async #order(path: string, signal: AbortSignal): Promise<void> {
    const { control, clock } = this.#needs;
    const deadline = clock.monotonic() + ORDER_MS;
    for (;;) {
      try {
        await askControl(control, 'PUT', path, '', signal);
        return;
      } catch (error) {
        if (!isDeisError(error, 'unavailable') || clock.monotonic() > deadline) throw error;
      }
    }
  }

  async #until(
    good: (worker: WorkerReport) => boolean,
    patience: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, log } = this.#needs;
    const deadline = clock.monotonic() + patience;
    for (;;) {
      const others = (await this.#workers(signal))?.filter((worker) => !good(worker));
      if (others?.length === 0) return;
      if (clock.monotonic() > deadline) {
        const ids = others?.map(({ id }) => id).join(' ') ?? 'unknown';
        log.warn('workers do not hand over', { ids });
        return;
      }
      await clock.sleep(LOOK_MS, signal);
    }
  }

  /** Undefined when nginx does not answer just now. */
  async #workers(signal: AbortSignal): Promise<WorkerReport[] | undefined> {
    try {
      return await this.#needs.workers(signal);
    } catch (error) {
      if (isDeisError(error, 'unavailable')) return undefined;
      throw error;
    }
  }
}

/** Was this worker not touched by a reload yet? */
export const stays = ({ id, phase }: WorkerReport): boolean => phase === '-' && !acceptsNoMore(id);

/** Does it accept no connection any more? */
const isGone = ({ id, phase }: WorkerReport): boolean => phase === 'retired' || acceptsNoMore(id);

const pidOf = (id: string): number => Number(id.split('-')[0]);

/** State of a socket in proc(5)'s net/tcp. */
const LISTENS = '0A';

/** TCP sockets of this process that do not listen. */
export function connectionsOf(pid: number): number {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
    const lines = ['tcp', 'tcp6'].flatMap((kind) =>
      readFileSync(`/proc/${pid}/net/${kind}`, 'utf8').split('\n'),
    );
    return lines.filter((line) => {
      const [, , , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      return state !== LISTENS && own.has(inode);
    }).length;
  } catch (error) {
    if (!processFacts(pid)) return 0; // it has ended in between
    throw error;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed in between
  }
}
