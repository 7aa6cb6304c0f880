// The way to systemd that outlives its connections: opened when first needed, opened anew after it broke.

import type { DeisError } from '../model/errors.ts';
import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { type BusCall, type BusSignal, SystemdSession } from './systemd-session.ts';
import { untilAborted } from './until-aborted.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

export interface SystemdBusOptions {
  /** D-Bus address; absent: the system bus. */
  address?: string;
  clock: Clock;
}

export class SystemdBus {
  readonly #options: SystemdBusOptions;
  readonly #listeners = new Set<(signal: BusSignal) => void>();
  #session: SystemdSession | undefined;
  #opening: Promise<SystemdSession> | undefined;

  constructor(options: SystemdBusOptions) {
    this.#options = options;
  }

  /** Hears every signal of every session until `stop()`. */
  listen(listener: (signal: BusSignal) => void): { stop: () => void } {
    this.#listeners.add(listener);
    return { stop: () => this.#listeners.delete(listener) };
  }

  /** The living session, or a new one; one attempt. Throws DeisError('unavailable'). */
  async session(): Promise<SystemdSession> {
    if (this.#session && !this.#session.over) return this.#session;
    this.#opening ??= SystemdSession.open(this.#options.address, (signal) => {
      for (const listener of this.#listeners) listener(signal);
    }).finally(() => (this.#opening = undefined));
    this.#session = await this.#opening;
    return this.#session;
  }

  /** Tries until there is a session, for ever. Rejects only when aborted. */
  async patientSession(
    onTrouble: (problem: DeisError) => void,
    signal: AbortSignal,
  ): Promise<SystemdSession> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      signal.throwIfAborted();
      try {
        return await this.session();
      } catch (error) {
        onTrouble(toDeisError(error));
      }
      await this.#options.clock.sleep(pause, signal);
    }
  }

  /** One call in the living session. Aborting stops the waiting only. */
  async call(call: BusCall, signal: AbortSignal): Promise<unknown[]> {
    signal.throwIfAborted();
    return untilAborted(
      this.session().then((session) => session.call(call)),
      signal,
    );
  }

  close(): void {
    this.#session?.close();
  }
}
