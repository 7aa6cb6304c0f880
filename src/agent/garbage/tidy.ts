// Keeps this machine's engine tidy: what nobody needs goes by rule, what can be had again goes when the disk is full.

import { statfs } from 'node:fs/promises';
import { Loop } from '../../daemon/loop.ts';
import { type DiskFigures, type DiskReport, percentUsed } from '../../model/disk-report.ts';
import { isDeisError } from '../../model/errors.ts';
import type { GarbageSettings } from '../../model/garbage-settings.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { keys } from '../../registry/keys.ts';
import { Mirror } from '../../registry/mirror.ts';
import { appsInPush } from '../../registry/pushes.ts';
import { type Facts, type Verdict, plan } from './plan.ts';
import { type SenseOptions, sense } from './sense.ts';

export interface TidyOptions extends SenseOptions {
  clock: Clock;
  log: Log;
  /** For tests; else the file system's own figures. */
  figures?: (path: string) => Promise<DiskFigures>;
}

const LONGEST_MS = 86_400_000;
/** While the store or the engine is away nothing is known, so nothing goes, ms. */
const AWAY_MS = 30_000;
const AT_LEAST_MS = 1000;

/** `run(signal)` once; `report` any time. */
export class Tidy {
  readonly #options: TidyOptions;
  readonly #seen = new Map<string, number>();
  readonly #settings = new Mirror(keys.settings, ['platform']);
  #problem: string | undefined;

  constructor(options: TidyOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { registry, clock, log } = this.#options;
    const loop = new Loop({
      name: 'garbage',
      every: LONGEST_MS,
      atLeast: AT_LEAST_MS,
      pass: (given) => this.#pass(given),
      clock,
      log,
    });
    await Promise.all([this.#settings.start(registry.store, loop.hint, signal), loop.run(signal)]);
  }

  async report(signal: AbortSignal): Promise<DiskReport> {
    const { verdicts, settings } = await this.#look(signal);
    const path = await this.#options.waste.root(signal);
    return {
      path,
      disk: await this.#figures(path),
      settings,
      ...(this.#problem !== undefined && { problem: this.#problem }),
      lying: verdicts.map(({ kind, name, size, fate, reason }) => ({
        kind,
        name,
        size,
        fate,
        reason,
      })),
    };
  }

  /** Answers when to look again, ms. */
  async #pass(signal: AbortSignal): Promise<number> {
    try {
      const { verdicts, settings } = await this.#look(signal);
      for (const verdict of verdicts.filter(({ fate }) => fate === 'goes')) {
        await this.#remove(verdict, signal);
      }
      await this.#relieve(verdicts, settings, signal);
      return settings.garbageEvery * 1000;
    } catch (error) {
      if (isDeisError(error, 'unavailable', 'timeout')) return AWAY_MS;
      throw error;
    }
  }

  /** From `diskHigh` on everything goes that can be had again, until `diskLow` is reached. */
  async #relieve(
    verdicts: readonly Verdict[],
    { diskHigh, diskLow }: GarbageSettings,
    signal: AbortSignal,
  ): Promise<void> {
    const { waste, log } = this.#options;
    const path = await waste.root(signal);
    const before = percentUsed(await this.#figures(path));
    let used = before;
    if (used >= diskHigh) {
      for (const verdict of verdicts.filter(({ fate }) => fate === 'spare')) {
        if (used <= diskLow) break;
        const reason = `the disk is ${used} % full, and ${verdict.reason}: it can be had again`;
        await this.#remove({ ...verdict, reason }, signal);
        used = percentUsed(await this.#figures(path));
      }
    }
    const problem =
      used >= diskHigh
        ? `the disk of ${path} is ${used} % full, and nothing more of the platform can go`
        : undefined;
    if (problem === this.#problem) return;
    if (problem === undefined) log.info('disk is well again', { path, used });
    else log.warn('disk is full', { path, used, reason: problem });
    this.#problem = problem;
  }

  async #remove(verdict: Verdict, signal: AbortSignal): Promise<void> {
    const { waste, log } = this.#options;
    const { kind, id, name, references, size, reason } = verdict;
    if (await this.#isInPush(verdict, signal)) return;
    if (kind === 'container') await waste.removeContainer(id, signal);
    // Its digests go with its last tag: names are taken away until it is gone or somebody uses it.
    for (const reference of references.length > 0 ? references : [id]) {
      if (kind === 'image' && !(await waste.removeImage(reference, signal))) return;
    }
    log.info('removed', { kind, name, size, reason });
  }

  /** A push may have begun since the look: it may take an image that lay here unused. */
  async #isInPush({ kind, app }: Verdict, signal: AbortSignal): Promise<boolean> {
    const pushed = await appsInPush(this.#options.registry, signal);
    return kind === 'container' ? pushed.size > 0 : app !== undefined && pushed.has(app);
  }

  async #look(signal: AbortSignal): Promise<{ verdicts: Verdict[]; settings: GarbageSettings }> {
    const sensed = await sense(this.#options, signal);
    const now = this.#options.clock.now();
    const here = new Set([...sensed.images, ...sensed.containers].map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!here.has(id)) this.#seen.delete(id);
    for (const id of here) if (!this.#seen.has(id)) this.#seen.set(id, now);
    const facts: Facts = { ...sensed, seen: this.#seen, now };
    return { verdicts: plan(facts), settings: sensed.settings };
  }

  async #figures(path: string): Promise<DiskFigures> {
    if (this.#options.figures) return this.#options.figures(path);
    const { bsize, blocks, bfree, bavail } = await statfs(path);
    // As df(1) counts: what only root may use is neither used nor free.
    return { size: (blocks - bfree + bavail) * bsize, free: bavail * bsize };
  }
}
