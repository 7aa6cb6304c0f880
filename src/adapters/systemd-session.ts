// One life of a connection to systemd over the system bus, by D-Bus messages only (the library's proxies leak match rules).
// It ends once and for all: every call that waits is rejected then, which the library itself would not do.

import type { Socket } from 'node:net';
import type { Dbus, MessageBus } from 'dbus-next';
import { DeisError } from '../model/errors.ts';

export const SYSTEMD = 'org.freedesktop.systemd1';
export const MANAGER_PATH = '/org/freedesktop/systemd1';
export const MANAGER = 'org.freedesktop.systemd1.Manager';
export const PROPERTIES = 'org.freedesktop.DBus.Properties';

export interface BusCall {
  path?: string;
  interface?: string;
  member: string;
  signature?: string;
  body?: unknown[];
}

export interface BusSignal {
  path: string;
  interface: string;
  member: string;
  body: unknown[];
}

/** systemd's own refusal, by its D-Bus name (`org.freedesktop.systemd1.NoSuchUnit`). Translated by whoever called. */
export class BusRefusal extends Error {
  readonly reason: string;
  constructor(reason: string, text: string) {
    super(text);
    this.reason = reason;
  }
}

/** The bus refuses calls beyond some hundreds without an answer. */
const MOST_CALLS = 64;
/** As long as D-Bus itself waits by habit; a reload of many units takes seconds on a busy machine. */
const CALL_MS = 30_000;
const CONNECT_MS = 5_000;

/** Signals we hear; each is as narrow as the bus allows. */
const MATCHES = [
  `type='signal',sender='${SYSTEMD}',path='${MANAGER_PATH}',interface='${MANAGER}',member='JobRemoved'`,
  `type='signal',sender='${SYSTEMD}',path='${MANAGER_PATH}',interface='${MANAGER}',member='UnitRemoved'`,
  `type='signal',sender='${SYSTEMD}',path_namespace='${MANAGER_PATH}/unit',interface='${PROPERTIES}',` +
    `member='PropertiesChanged',arg0='${SYSTEMD}.Unit'`,
];

export class SystemdSession {
  /** Resolves when the connection is over. */
  readonly ended: Promise<void>;
  readonly #dbus: Dbus;
  readonly #bus: MessageBus;
  readonly #end: (error: DeisError) => void;
  readonly #rejections = new Set<(error: DeisError) => void>();
  readonly #queue: (() => void)[] = [];
  #calls = 0;
  #over: DeisError | undefined;

  private constructor(dbus: Dbus, bus: MessageBus, onSignal: (signal: BusSignal) => void) {
    this.#dbus = dbus;
    this.#bus = bus;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = (error) => {
      if (this.#over) return;
      this.#over = error;
      for (const reject of this.#rejections) reject(error);
      for (const go of this.#queue.splice(0)) go();
      resolve();
    };
    bus.on('message', ({ type, path, interface: from, member, body }) => {
      if (type === dbus.MessageType.SIGNAL) {
        onSignal({ path, interface: from, member, body: body as unknown[] });
      }
    });
    bus.on('error', (error: unknown) => this.#end(brokenBus(error)));
    streamOf(bus).once('close', () => this.#end(brokenBus()));
  }

  /** Connects, subscribes, and hears the signals above. Throws DeisError('unavailable'). */
  static async open(
    address: string | undefined,
    onSignal: (signal: BusSignal) => void,
  ): Promise<SystemdSession> {
    const { default: dbus } = await import('dbus-next');
    const bus = address ? dbus.sessionBus({ busAddress: address }) : dbus.systemBus();
    const session = new SystemdSession(dbus, bus, onSignal);
    try {
      await Promise.all([
        ...MATCHES.map((rule) => session.#addMatch(rule)),
        session.call({ member: 'Subscribe' }, CONNECT_MS),
      ]);
    } catch (error) {
      session.close();
      throw error instanceof DeisError ? error : brokenBus(error);
    }
    return session;
  }

  get over(): boolean {
    return this.#over !== undefined;
  }

  /** To the manager unless said otherwise. Throws BusRefusal, or DeisError('unavailable' | 'timeout'). */
  async call(call: BusCall, ms = CALL_MS): Promise<unknown[]> {
    return this.#send(SYSTEMD, { path: MANAGER_PATH, interface: MANAGER, ...call }, ms);
  }

  close(): void {
    this.#end(brokenBus());
    streamOf(this.#bus).destroy();
  }

  async #addMatch(rule: string): Promise<void> {
    const call = { member: 'AddMatch', signature: 's', body: [rule] };
    const bus = 'org.freedesktop.DBus';
    await this.#send(bus, { path: '/org/freedesktop/DBus', interface: bus, ...call }, CONNECT_MS);
  }

  async #send(destination: string, call: BusCall, ms: number): Promise<unknown[]> {
    if (this.#calls < MOST_CALLS) this.#calls += 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      if (this.#over) throw this.#over;
      const message = new this.#dbus.Message({ destination, ...call });
      const reply = await this.#guard(this.#bus.call(message), call.member, ms);
      return (reply?.body ?? []) as unknown[];
    } catch (error) {
      throw error instanceof this.#dbus.DBusError ? refusal(error) : error;
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#calls -= 1;
    }
  }

  /** The reply, or the end of the connection, or of patience, whichever comes first. */
  #guard<T>(reply: Promise<T>, member: string, ms: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        this.#rejections.delete(breakOff);
        act();
      };
      const breakOff = (error: DeisError): void => finish(() => reject(error));
      const late = new DeisError('timeout', `systemd did not answer ${member} within ${ms} ms.`);
      const timer = setTimeout(() => finish(() => reject(late)), ms);
      this.#rejections.add(breakOff);
      reply.then(
        (value) => finish(() => resolve(value)),
        (error: unknown) => finish(() => reject(error)),
      );
    });
  }
}

/** The library has no event for the end of its connection: its socket has. */
function streamOf(bus: MessageBus): Socket {
  return (bus as unknown as { _connection: { stream: Socket } })._connection.stream;
}

/** Errors of the bus itself mean that systemd was not reached; all others are systemd's answer. */
function refusal({ type, text }: { type: string; text: string }): Error {
  const unreached = ['NoReply', 'Disconnected', 'ServiceUnknown', 'LimitsExceeded', 'Timeout'];
  if (unreached.some((name) => type === `org.freedesktop.DBus.Error.${name}`)) {
    return new DeisError('unavailable', `systemd cannot be reached: ${text}`, '', { cause: type });
  }
  return new BusRefusal(type, text);
}

function brokenBus(cause?: unknown): DeisError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new DeisError(
    'unavailable',
    `The connection to systemd over the system bus is broken${why}.`,
    'Look at `systemctl status dbus`.',
    { cause },
  );
}
