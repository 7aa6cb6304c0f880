// Labels that operators gave this machine by its place in a formation. They are kept on disk: a missing record takes none away.

import { join } from 'node:path';
import { z } from 'zod';
import { toDeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Snapshot, WatchObserver } from '../ports/store.ts';
import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';
import { readJson, writeAtomically } from './disk.ts';

export interface LabelsOptions {
  machine: string;
  registry: Registry;
  /** Folder that survives a reboot. */
  state: string;
  /** Whether the store is obeyed: labels decide what leaves this machine. */
  obeyed: () => boolean;
  /** The labels are others now. */
  changed: () => void;
  log: Log;
}

const schema = z.record(z.string(), z.string());

export class Labels {
  now: Record<string, string> = {};
  readonly #options: LabelsOptions;
  readonly #path: string;
  #last: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: LabelsOptions) {
    this.#options = options;
    this.#path = join(options.state, 'labels.json');
  }

  async load(): Promise<void> {
    this.now = (await readJson(this.#path, schema, this.#options.log)) ?? {};
  }

  /** Resolves when the signal ends the watch and all is on disk. */
  async run(signal: AbortSignal): Promise<void> {
    const { registry, machine } = this.#options;
    const key = keys.nodes.key(machine);
    const take = (entries: Snapshot['entries']): void => {
      const entry = entries.find((candidate) => candidate.key === key);
      if (entry) this.#take(key, entry.value);
    };
    const observer: WatchObserver = {
      snapshot: ({ entries }) => take(entries),
      changes: (changes) =>
        take(changes.flatMap((change) => (change.kind === 'put' ? [change.entry] : []))),
      interrupted: () => undefined,
    };
    await registry.store.watch(key, observer, signal);
    await this.#writing;
  }

  /** Again, once the store is obeyed. */
  look(): void {
    if (this.#last !== undefined) this.#take(keys.nodes.key(this.#options.machine), this.#last);
  }

  #take(key: string, text: string): void {
    this.#last = text;
    const { obeyed, changed, log } = this.#options;
    if (!obeyed()) return;
    let labels: Record<string, string>;
    try {
      ({ labels } = keys.nodes.decode(key, text));
    } catch (error) {
      log.warn('ignored a malformed record', { key, error: toDeisError(error).message });
      return;
    }
    if (JSON.stringify(labels) === JSON.stringify(this.now)) return;
    this.now = labels;
    log.info('labelled', labels);
    this.#writing = this.#writing
      .then(() => writeAtomically(this.#path, `${JSON.stringify(labels)}\n`, { durable: true }))
      .catch((error: unknown) => {
        log.warn('could not keep the labels', { error: toDeisError(error).message });
      });
    changed();
  }
}
