// The native add-on that writes journal entries, for another processor: what node-gyp does for this computer's, by Debian's cross compiler.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../adapters/process.ts';
import { PROCESSORS, type Processor } from '../model/processor.ts';

/** As of its binding.gyp. */
const SOURCE = 'src/journal_send.cc';
/** Debian's package with the headers, and the library that it is linked with: machines have the library already. */
export const JOURNAL_PACKAGES = ['libsystemd-dev'] as const;

/**
 * Path of the compiled add-on; of a file that does not exist where npm left the optional package out, as deisd copes without.
 * `runtime`: folder of the Node package for `processor`; `debian`: a root with `JOURNAL_PACKAGES`.
 */
export async function journalAddOn(
  modules: string,
  processor: Processor,
  runtime: string,
  debian: string,
  cache: string,
  signal: AbortSignal,
): Promise<string> {
  const source = join(modules, 'systemd-journald', SOURCE);
  if (!existsSync(source)) return join(cache, 'journal_send.node');
  const triplet = `${PROCESSORS[processor].kernel}-linux-gnu`;
  const includes = [
    join(runtime, 'include/node'),
    join(modules, 'nan'),
    join(debian, 'usr/include'),
  ];
  const flags = ['-shared', '-fPIC', '-O2', '-s', '-std=gnu++20', '-DBUILDING_NODE_EXTENSION'];
  const recipe = [flags, basename(runtime), basename(debian)];
  const digest = createHash('sha256')
    .update(JSON.stringify(recipe))
    .update(await readFile(source))
    .digest('hex');
  const made = join(cache, `journal_send-${digest.slice(0, 16)}.node`);
  if (existsSync(made)) return made;
  const fresh = `${made}.new-${process.pid}`;
  const words = [
    ...flags,
    ...includes.map((folder) => `-I${folder}`),
    source,
    `-L${join(debian, 'usr/lib', triplet)}`,
    '-lsystemd',
    '-o',
    fresh,
  ];
  try {
    await run(`${triplet}-g++`, words, {}, signal);
    await rename(fresh, made);
  } finally {
    await rm(fresh, { force: true });
  }
  return made;
}
