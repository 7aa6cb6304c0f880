// All that the logger keeps: the apps' texts, how far each machine has handed in, and a checkpoint that ties both together.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from '../../model/missing.ts';
import type { JournalPlace, ShippedBatch, ShippingState } from '../../model/shipped.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { Assembly, type Whole } from './assembly.ts';
import { type Checkpoint, firstCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { type StoredLine, writeLine } from './record.ts';
import { fileSize, filesToDrop, type Limits } from './retention.ts';
import { Segments } from './segments.ts';
import { Turns } from './turns.ts';

export interface StoreOptions {
  /** Folder of this logger alone. */
  folder: string;
  limits: () => Limits;
  /** Does this line belong to an app that exists? */
  belongs: (app: string, time: number) => boolean;
  /** What drains have sent, for the checkpoint. */
  sent: () => Checkpoint['drains'];
  clock: Clock;
  log: Log;
}

/** Anything that listens is told the app's name. */
export type Listener = (app: string) => void;

export class LineStore {
  readonly #options: StoreOptions;
  readonly #apps = new Map<string, Segments>();
  readonly #machines: Map<string, JournalPlace>;
  readonly #told: Map<string, { at: string; text: string }>;
  readonly #turns = new Turns();
  readonly #appended = new Set<Listener>();
  readonly #keptListeners = new Set<Listener>();
  #assembly: Assembly;
  #kept: Checkpoint;
  #changed = false;

  private constructor(options: StoreOptions, kept: Checkpoint) {
    this.#options = options;
    this.#kept = kept;
    this.#machines = new Map(Object.entries(kept.machines));
    this.#told = new Map(Object.entries(kept.told));
    this.#assembly = Assembly.restore(kept.open, options.clock.monotonic());
  }

  /** As the last checkpoint says. What was begun after it is forgotten, and comes again. */
  static async open(options: StoreOptions): Promise<LineStore> {
    const found = await readCheckpoint(join(options.folder, 'checkpoint.json'));
    const store = new LineStore(options, found ?? firstCheckpoint(options.clock.now()));
    const folder = join(options.folder, 'apps');
    for (const app of await readdir(folder).catch(ifMissing<string[]>([]))) {
      if (store.#kept.ends[app] === undefined) await rm(join(folder, app), { recursive: true });
    }
    for (const [app, end] of Object.entries(store.#kept.ends)) {
      store.#apps.set(app, await Segments.recover(join(folder, app), end));
    }
    // A logger that begins says so at once: machines and drains count from here.
    if (!found) await writeCheckpoint(join(options.folder, 'checkpoint.json'), store.#kept);
    return store;
  }

  /** When this logger began, ms since the epoch. */
  get began(): number {
    return this.#kept.began;
  }

  /** The drains' part of the checkpoint that was found at the start. */
  get drainsAtStart(): Checkpoint['drains'] {
    return this.#kept.drains;
  }

  app(name: string): Segments | undefined {
    return this.#apps.get(name);
  }

  apps(): string[] {
    return [...this.#apps.keys()];
  }

  /** Offset up to which an app's text survives a crash: drains send no further. */
  keptEnd(app: string): number {
    return this.#kept.ends[app] ?? 0;
  }

  told(app: string): { at: string; text: string } | undefined {
    return this.#told.get(app);
  }

  /** Lines of these apps were added; answers how to stop listening. */
  onAppended(listener: Listener): () => void {
    this.#appended.add(listener);
    return () => this.#appended.delete(listener);
  }

  /** Lines of these apps are certain now. */
  onKept(listener: Listener): () => void {
    this.#keptListeners.add(listener);
    return () => this.#keptListeners.delete(listener);
  }

  state(machine: string): ShippingState {
    const place = this.#machines.get(machine) ?? null;
    return { place, kept: this.#kept.machines[machine] ?? null };
  }

  /** All of it or nothing; nothing when it does not follow what is here. Throws when the disk refuses. */
  accept(batch: ShippedBatch): Promise<ShippingState & { accepted: boolean }> {
    return this.#turns.take(async () => {
      const { machine, name, after, place, lines } = batch;
      const before = this.state(machine);
      if ((before.place?.cursor ?? null) !== after) return { ...before, accepted: false };
      const saved = this.#assembly.save();
      const now = this.#options.clock.monotonic();
      const whole = lines.flatMap((line) => this.#assembly.add(machine, name, line, now));
      try {
        await this.#append(whole);
      } catch (error) {
        this.#assembly.restoreTo(saved);
        throw error;
      }
      this.#machines.set(machine, place);
      this.#changed = true;
      return { ...this.state(machine), accepted: true };
    });
  }

  /** What the controller tells of an app; `last` is remembered as told. */
  tell(app: string, lines: StoredLine[], last: { at: string; text: string }): Promise<void> {
    return this.#turns.take(async () => {
      await this.#append(lines.map((line) => ({ app, line })));
      this.#told.set(app, last);
      this.#changed = true;
    });
  }

  /** Takes away all of an app. */
  forget(app: string): Promise<void> {
    return this.#turns.take(async () => {
      const file = this.#apps.get(app);
      if (!file) return;
      await file.rest();
      this.#apps.delete(app);
      this.#told.delete(app);
      await rm(join(this.#options.folder, 'apps', app), { recursive: true, force: true });
      const { [app]: _, ...ends } = this.#kept.ends;
      this.#kept = { ...this.#kept, ends };
      this.#changed = true;
      this.#options.log.info('lines of a destroyed app removed', { app });
    });
  }

  /** Makes certain what is here now. `force`: also when nothing but the drains has moved. */
  async checkpoint(force = false): Promise<void> {
    const snapshot = await this.#turns.take(async () => {
      await this.#closeStale();
      if (!this.#changed && !force) return undefined;
      this.#changed = false;
      return this.#snapshot();
    });
    if (!snapshot) return;
    try {
      for (const file of this.#apps.values()) await file.sync();
      await writeCheckpoint(join(this.#options.folder, 'checkpoint.json'), snapshot);
    } catch (error) {
      this.#changed = true;
      throw error;
    }
    const before = this.#kept.ends;
    // An app that was forgotten meanwhile stays forgotten.
    for (const app of Object.keys(snapshot.ends)) {
      if (!this.#apps.has(app)) delete snapshot.ends[app];
    }
    this.#kept = snapshot;
    for (const [app, end] of Object.entries(snapshot.ends)) {
      if (end !== before[app]) for (const listener of this.#keptListeners) listener(app);
    }
  }

  /** Takes away what is too old or too much, and closes files nobody writes to. */
  async sweep(idleMs: number): Promise<void> {
    await this.#turns.take(async () => {
      const { clock, limits, log } = this.#options;
      const now = clock.now();
      const files = new Map([...this.#apps].map(([app, file]) => [app, file.files]));
      for (const [app, count] of filesToDrop(files, limits(), now)) {
        for (let index = 0; index < count; index += 1) await this.#apps.get(app)?.dropOldest();
        log.info('old lines removed', { app, files: count });
      }
      for (const file of this.#apps.values()) {
        if (now - (file.files.at(-1)?.written ?? now) > idleMs) await file.rest();
      }
    });
  }

  async close(): Promise<void> {
    await this.checkpoint(true);
    await this.rest();
  }

  /** Closes all files; the next line opens its own again. */
  async rest(): Promise<void> {
    await this.#turns.take(async () => {
      for (const file of this.#apps.values()) await file.rest();
    });
  }

  #snapshot(): Checkpoint {
    return {
      v: 1,
      began: this.#kept.began,
      machines: Object.fromEntries(this.#machines),
      ends: Object.fromEntries([...this.#apps].map(([app, { end }]) => [app, end])),
      open: this.#assembly.toCheckpoint(),
      drains: this.#options.sent(),
      told: Object.fromEntries(this.#told),
    };
  }

  async #closeStale(): Promise<void> {
    const saved = this.#assembly.save();
    const stale = this.#assembly.stale(this.#options.clock.monotonic());
    if (stale.length === 0) return;
    try {
      await this.#append(stale);
    } catch (error) {
      this.#assembly.restoreTo(saved);
      throw error;
    }
    this.#changed = true;
  }

  /** All or nothing. */
  async #append(lines: readonly Whole[]): Promise<void> {
    const { belongs, limits, clock } = this.#options;
    const texts = new Map<string, string[]>();
    for (const { app, line } of lines) {
      if (!belongs(app, line.time)) continue;
      const own = texts.get(app);
      if (own) own.push(writeLine(line));
      else texts.set(app, [writeLine(line)]);
    }
    const largest = fileSize(limits());
    const before: [Segments, number][] = [];
    try {
      for (const [app, own] of texts) {
        const file = await this.#ensure(app);
        before.push([file, file.end]);
        await file.append(Buffer.from(own.join('')), largest, clock.now());
      }
    } catch (error) {
      for (const [file, end] of before) file.takeBack(end);
      throw error;
    }
    for (const app of texts.keys()) for (const listener of this.#appended) listener(app);
  }

  async #ensure(app: string): Promise<Segments> {
    let file = this.#apps.get(app);
    if (!file) {
      file = await Segments.recover(join(this.#options.folder, 'apps', app), 0);
      this.#apps.set(app, file);
    }
    return file;
  }
}
