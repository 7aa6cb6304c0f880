// Hands the lines of this machine's containers to the logger, in order, each once. The logger says how far it is; the journal is the
// buffer while it is away. What is certain over there is noted on disk, for the day when another logger takes its place.

import { join } from 'node:path';
import { z } from 'zod';
import { untilAborted } from '../../adapters/until-aborted.ts';
import { DeisError } from '../../model/errors.ts';
import type { JournalPlace, ShippingState } from '../../model/shipped.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { ContainerJournal, LoggerDoor } from '../../ports/log-shipping.ts';
import { Loop } from '../../daemon/loop.ts';
import { together } from '../../daemon/together.ts';
import { keys } from '../../registry/keys.ts';
import { Mirror } from '../../registry/mirror.ts';
import type { Registry } from '../../registry/registry.ts';
import { readJson, writeAtomically } from '../disk.ts';
import { readEntry, samePlace } from './entry.ts';
import { Outbox } from './outbox.ts';
import { type Start, startOf } from './start.ts';

export interface ShipperOptions {
  registry: Registry;
  journal: ContainerJournal;
  door: LoggerDoor;
  machine: { id: string; name: string };
  /** Folder of the agent that survives a reboot. */
  state: string;
  clock: Clock;
  log: Log;
}

/** The logger's group of upstreams: /deis/services/deis-logger/…. */
const LOGGER = 'deis-logger';
/** One batch, and what waits for the next. */
const MOST = { bytes: 256 * 1024, lines: 1000 };
/** Lines gather so long before they are sent, ms: a batch for each line would cost more than the line. */
const GATHER_MS = 100;
/** After the last line the logger is asked what is certain, ms. */
const ASK_MS = 2000;
const SAVE_EVERY_MS = 2000;
const IDLE_MS = 600_000;

const noted = z.object({ cursor: z.string(), time: z.number() });

/** Runs until the signal aborts; a logger that is away is waited for. */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly #loggers = new Mirror(keys.services, [LOGGER]);
  readonly #path: string;
  #ours: JournalPlace | undefined;
  #savedAt = -Infinity;

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#path = join(options.state, 'shipping.json');
  }

  async run(signal: AbortSignal): Promise<void> {
    const { registry, clock, log, door } = this.#options;
    this.#ours = await readJson(this.#path, noted, log);
    const pass = (given: AbortSignal): Promise<void> => this.#session(given);
    const loop = new Loop({ name: 'shipping', pass, every: IDLE_MS, clock, log });
    try {
      await together(
        [
          (given) => this.#loggers.start(registry.store, loop.hint, given),
          (given) => loop.run(given),
        ],
        signal,
      );
    } finally {
      door.close();
      await this.#save(true);
    }
  }

  /** From finding the logger until it is gone. Without a logger it ends at once: news of one is a hint. */
  async #session(signal: AbortSignal): Promise<void> {
    const { door, machine, clock, log } = this.#options;
    const address = this.#loggers.items()[0]?.value;
    if (address === undefined) return;
    const state = await door.state(address, machine.id, signal);
    const start = startOf(state.place, this.#ours, clock.now() * 1000);
    log.info('shipping began', { logger: address, known: state.place !== null });
    const outbox = new Outbox(MOST);
    const session = { address, after: state.place?.cursor ?? null, outbox };
    await together(
      [(given) => this.#read(start, outbox, given), (given) => this.#send(session, given)],
      signal,
    );
  }

  async #read(start: Start, outbox: Outbox, signal: AbortSignal): Promise<void> {
    let { oldUntil } = start;
    let first = true;
    for await (const json of this.#options.journal.follow(start.from, signal)) {
      const { place, line } = readEntry(json);
      const known = first && 'cursor' in start.from && samePlace(place.cursor, start.from.cursor);
      first = false;
      if (known) continue;
      if (oldUntil && place.time > oldUntil.time) oldUntil = undefined;
      outbox.put(place, line && oldUntil ? { ...line, old: true } : line);
      if (oldUntil?.cursor !== undefined && samePlace(place.cursor, oldUntil.cursor)) {
        oldUntil = undefined;
      }
      if (outbox.full) await untilAborted(outbox.taken(), signal);
    }
    signal.throwIfAborted();
    throw new DeisError('unavailable', 'journalctl ended by itself');
  }

  async #send(
    { address, after, outbox }: { address: string; after: string | null; outbox: Outbox },
    signal: AbortSignal,
  ): Promise<void> {
    const { door, machine } = this.#options;
    let uncertain = false;
    for (;;) {
      await this.#gathered(outbox, uncertain, signal);
      const parcel = outbox.take();
      if (!parcel) {
        const state = await door.state(address, machine.id, signal);
        uncertain = await this.#note(state);
        continue;
      }
      const batch = { machine: machine.id, name: machine.name, after, ...parcel };
      const answer = await door.ship(address, batch, signal);
      if (!answer.accepted) {
        throw new DeisError('conflict', 'the logger is at another place of this journal');
      }
      after = parcel.place.cursor;
      await this.#note(answer);
      uncertain = true;
    }
  }

  /** Waits for something to send, and a while longer for more of it; no longer than ASK_MS when something is uncertain. */
  async #gathered(outbox: Outbox, uncertain: boolean, signal: AbortSignal): Promise<void> {
    if (!uncertain) await untilAborted(outbox.some(), signal);
    else if (!(await this.#within(ASK_MS, outbox.some(), signal))) return;
    await this.#within(GATHER_MS, outbox.filled(), signal);
  }

  /** Whether it came in time. */
  async #within(ms: number, event: Promise<void>, signal: AbortSignal): Promise<boolean> {
    const nap = new AbortController();
    const sleep = this.#options.clock.sleep(ms, AbortSignal.any([signal, nap.signal]));
    const first = await Promise.race([
      event.then(() => true),
      sleep.then(
        () => false,
        () => false,
      ),
    ]);
    nap.abort();
    signal.throwIfAborted();
    return first;
  }

  /** Answers whether something is still uncertain. */
  async #note({ place, kept }: ShippingState): Promise<boolean> {
    if (kept && kept.cursor !== this.#ours?.cursor) {
      this.#ours = kept;
      await this.#save(false);
    }
    return kept?.cursor !== place?.cursor;
  }

  async #save(always: boolean): Promise<void> {
    const now = this.#options.clock.monotonic();
    if (!this.#ours || (!always && now - this.#savedAt < SAVE_EVERY_MS)) return;
    this.#savedAt = now;
    await writeAtomically(this.#path, JSON.stringify(this.#ours), { durable: false });
  }
}
