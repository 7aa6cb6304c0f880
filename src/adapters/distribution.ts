// distribution 2.8 (Debian's docker-registry) as a child: its configuration in a root-only file, its last words in our errors.

import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DeisError } from '../model/errors.ts';
import type { ImageStore } from '../ports/image-store.ts';
import type { Log } from '../ports/log.ts';

export interface DistributionOptions {
  program: string;
  /** Where the configuration is written; it may hold the keys of a bucket. */
  folder: string;
  log: Log;
}

/** It ends its requests within this time after SIGTERM, or is killed, ms. */
const LAST_REQUESTS_MS = 5000;
const LAST_WORDS = 5;
/** Debian's build reports traces unless told not to. */
const ENVIRONMENT = { OTEL_TRACES_EXPORTER: 'none', PATH: process.env['PATH'] ?? '/usr/bin:/bin' };

export function distribution({ program, folder, log }: DistributionOptions): ImageStore {
  const run = async (
    verb: string,
    name: string,
    config: string,
    signal: AbortSignal,
  ): Promise<string[]> => {
    const path = join(folder, `${name}.json`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(path, config, { mode: 0o600 });
    signal.throwIfAborted();
    return child(program, [verb, path], log, signal);
  };
  return {
    async serve(config, name, signal) {
      const words = await run('serve', name, config, signal);
      if (signal.aborted) return;
      throw new DeisError('refused', `The image store ended: ${words.join(' | ') || 'no reason'}`);
    },
    async sweep(config, signal) {
      await run('garbage-collect', 'sweep', config, signal);
    },
  };
}

/** Its last lines. Throws DeisError('refused') unless it ends with 0 or was told to end. */
async function child(
  program: string,
  args: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<string[]> {
  const words: string[] = [];
  const started = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: ENVIRONMENT });
  const ended = Promise.withResolvers<number | Error>();
  started.once('error', ended.resolve);
  started.once('close', (code) => ended.resolve(code ?? -1));
  createInterface({ input: started.stderr }).on('line', (line) => {
    words.push(line.slice(0, 500));
    if (words.length > LAST_WORDS) words.shift();
    log.debug('image store said', { line });
  });
  let kill: NodeJS.Timeout | undefined;
  const stop = (): void => {
    started.kill('SIGTERM');
    kill = setTimeout(() => started.kill('SIGKILL'), LAST_REQUESTS_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const how = await ended.promise;
  signal.removeEventListener('abort', stop);
  clearTimeout(kill);
  if (how instanceof Error) {
    throw new DeisError('unsupported', `${program} cannot be run: ${how.message}`);
  }
  if (how === 0 || signal.aborted) return words;
  throw new DeisError('refused', `${program} ${args[0]}: exit code ${how}: ${words.join(' | ')}`);
}
