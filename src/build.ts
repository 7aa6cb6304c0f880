// Bundles the three programs into dist/: self-contained, so that a machine needs nothing but Node and this directory.
// Heavy libraries sit in chunks of their own that are loaded when first used: `deisctl --help` must stay fast.

import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type OutputFile, build } from 'esbuild';
import { etcdProto, leftOut, oneLanguage, quickOclif } from './build-plugins.ts';

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');

/**
 * Programs by folder of dist/; to add one, add its entry file here and its twin in bin/. The daemon has a folder of its own:
 * machines get exactly that folder, and a change of a command does not restart them.
 */
const PROGRAMS: Record<string, Record<string, string>> = {
  cli: { deisctl: 'src/cli/deisctl/index.ts', deis: 'src/cli/deis/index.ts' },
  daemon: { deisd: 'src/main.ts' },
};

/** Native or optional modules: absent from the bundle, each of their users copes without them. */
const EXTERNAL = ['systemd-journald', 'usocket', 'x11', 'cpu-features', '*.node'];

/** CommonJS libraries in an ES bundle still ask for these three. */
const BANNER = `import { createRequire as deisRequire } from 'node:module';
const require = deisRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/** A chunk a running program may still load lazily is kept this long after a build that no longer has it. */
const KEEP_OLD_CHUNKS_MS = 600_000;

async function bundle(folder: string, version: string): Promise<OutputFile[]> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS[folder]!,
    outdir: join('dist', folder),
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    chunkNames: 'chunks/[name]-[hash]',
    legalComments: 'none',
    // A program holds its text in memory, and twice as large if a comment has one letter beyond Latin-1. Names stay as they are, for
    // traces of errors.
    minifyWhitespace: true,
    minifySyntax: true,
    banner: { js: BANNER },
    define: { DEIS_VERSION: JSON.stringify(version) },
    external: EXTERNAL,
    plugins: [etcdProto, leftOut, oneLanguage, quickOclif],
    logLevel: 'warning',
  });
  return result.outputFiles;
}

/** Each file appears whole or not at all: a program may start while we write. */
async function place(path: string, contents: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const staged = `${path}.${process.pid}.new`;
  await writeFile(staged, contents);
  await rename(staged, path);
}

async function removeOldChunks(folder: string, kept: ReadonlySet<string>): Promise<void> {
  const chunks = join(dist, folder, 'chunks');
  for (const name of await readdir(chunks)) {
    if (kept.has(name)) continue;
    const age = Date.now() - (await stat(join(chunks, name))).mtimeMs;
    // Machines have their own copy of the daemon's folder, so nobody needs its old chunks.
    if (folder === 'daemon' || age > KEEP_OLD_CHUNKS_MS) {
      await rm(join(chunks, name), { force: true });
    }
  }
}

const started = performance.now();
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const isChunk = (file: OutputFile): boolean => basename(dirname(file.path)) === 'chunks';
let bytes = 0;
for (const folder of Object.keys(PROGRAMS)) {
  const files = await bundle(folder, version);
  // Chunks first: a program never starts before what it will load is there.
  for (const file of files.filter(isChunk)) await place(file.path, file.contents);
  for (const file of files.filter((other) => !isChunk(other)))
    await place(file.path, file.contents);
  await place(join(dist, folder, 'package.json'), '{"type":"module"}\n');
  const kept = files.filter(isChunk).map((file) => basename(file.path));
  await removeOldChunks(folder, new Set(kept));
  bytes += files.reduce((sum, file) => sum + file.contents.length, 0);
}
const seconds = (performance.now() - started) / 1000;
console.log(`Built ${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s: dist/`);
