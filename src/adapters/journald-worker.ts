// The thread that writes to the journal where it cannot be done without one: it may stand still for as long as journald does.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { JournalEntry } from './journald-log.ts';

export interface JournalWorker {
  /** Resolves when journald has the batch. One at a time. Never rejects: what is lost is lost. */
  write(batch: JournalEntry[]): Promise<void>;
  close(): Promise<void>;
}

/** As text, because a bundle has no file of its own for it. Says `ready`, then `done` after each batch. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const journal = require(workerData.addon);
parentPort.on('message', (batch) => {
  for (const entry of batch) journal.send(...entry);
  parentPort.postMessage('done');
});
parentPort.postMessage('ready');
`;

/** The add-on of the package systemd-journald (optional): beside the bundle, or where npm built it. */
export function findAddon(): string | undefined {
  const beside = ['.', '..'].map((up) => join(import.meta.dirname, up, 'journal_send.node'));
  const found = beside.find((path) => existsSync(path));
  if (found !== undefined) return found;
  try {
    const require = createRequire(import.meta.url);
    return require.resolve('systemd-journald/build/Release/journal_send.node');
  } catch {
    return undefined; // not installed: npm leaves an optional package out when it cannot build it
  }
}

/** Undefined when the add-on is missing or does not load on this host (no libsystemd, another Node). */
export async function startJournalWorker(addon = findAddon()): Promise<JournalWorker | undefined> {
  if (addon === undefined) return undefined;
  const worker = new Worker(PROGRAM, {
    eval: true,
    workerData: { addon },
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  let settle: (alive: boolean) => void = () => undefined;
  let dead = false;
  const next = (): Promise<boolean> => new Promise((resolve) => (settle = resolve));
  const over = (): void => {
    dead = true;
    settle(false);
  };
  worker.on('message', () => settle(true));
  worker.on('error', over);
  worker.on('exit', over);
  if (!(await next())) return undefined;
  // It must not keep the process alive.
  worker.unref();
  return {
    async write(batch) {
      if (dead) return;
      const done = next();
      worker.postMessage(batch);
      await done;
    },
    async close() {
      await worker.terminate();
    },
  };
}
