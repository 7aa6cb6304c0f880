// A store of lines in a folder of its own, and batches to put into it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { systemClock as clock } from '../../src/adapters/system-clock.ts';
import { LineStore, type StoreOptions } from '../../src/logger/store/store.ts';
import { tail } from '../../src/logger/store/tail.ts';
import type { ShippedBatch, ShippedLine } from '../../src/model/shipped.ts';
import { quiet } from '../adapters/quiet-log.ts';

export const signal = AbortSignal.timeout(60_000);

export function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'deis-logger-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openStore(folder: string, changes: Partial<StoreOptions> = {}): Promise<LineStore> {
  return LineStore.open({
    folder,
    limits: () => ({ keepSize: 64 << 20, keepAge: 30 * 86_400_000, keepTotal: 2 ** 31 }),
    belongs: () => true,
    sent: () => ({}),
    clock,
    log: quiet,
    ...changes,
  });
}

export function line(text: string, changes: Partial<ShippedLine> = {}): ShippedLine {
  return { app: 'blog', process: 'web.1', release: 3, time: Date.now() * 1000, text, ...changes };
}

/** Batches of one machine, each after the one before. */
export class Machine {
  readonly name: string;
  after: string | null = null;
  #count = 0;

  constructor(name: string) {
    this.name = name;
  }

  batch(lines: ShippedLine[]): ShippedBatch {
    this.#count += 1;
    const place = { cursor: `${this.name}-${this.#count}`, time: this.#count };
    const batch = { machine: this.name, name: this.name, after: this.after, place, lines };
    this.after = place.cursor;
    return batch;
  }
}

export async function textsOf(store: LineStore, app = 'blog', count = 100_000): Promise<string[]> {
  const file = store.app(app);
  if (!file) return [];
  return (await tail(file, count, {}, signal)).lines.map(({ text }) => text);
}
