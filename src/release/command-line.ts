// `deis` and `deisctl` as an npm package for laptops: the bundles alone, without a dependency and without anything native.

import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { writeFileSpec } from '../machines/write-file.ts';
import { CLI_FILES, cliManifest } from './manifest.ts';

export async function makeCommandLine(
  root: string,
  staging: string,
  version: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const at = join(staging, 'command-line');
  await mkdir(at, { recursive: true });
  const parts = [...CLI_FILES, 'LICENSE', 'README.md'];
  await run('cp', ['-r', '--parents', ...parts, at], { cwd: root }, signal);
  await dropIdleChunks(join(at, 'dist/cli'));
  const whole = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  await writeFileSpec(at, { path: '/package.json', content: cliManifest(whole) });
  await run('npm', ['pack', '--silent', `--pack-destination=${target}`], { cwd: at }, signal);
  const [packed, named] = ['', '-cli'].map((rest) => join(target, `deis-${version}${rest}.tgz`));
  await run('mv', [packed!, named!], {}, signal);
}

/** A build leaves chunks of the one before for programs that run (build.ts): they are no part of a release. */
async function dropIdleChunks(folder: string): Promise<void> {
  const chunks = await readdir(join(folder, 'chunks'));
  const used = new Set<string>();
  const follow = async (path: string): Promise<void> => {
    const text = await readFile(join(folder, path), 'utf8');
    const fresh = chunks.filter((name) => !used.has(name) && text.includes(name));
    for (const name of fresh) used.add(name);
    for (const name of fresh) await follow(`chunks/${name}`);
  };
  for (const program of ['deis.js', 'deisctl.js']) await follow(program);
  for (const name of chunks.filter((one) => !used.has(one))) {
    await rm(join(folder, 'chunks', name));
  }
}
