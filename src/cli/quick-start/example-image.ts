// The example app as an image in the platform's registry: built by a machine's own Engine, nothing is pulled.

import { createHash } from 'node:crypto';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tarDirectory } from '../../adapters/image-archive.ts';
import { buildNodeImage } from '../../machines/images.ts';
import { execOnMachine, feedMachine } from '../../machines/local/exec.ts';
import { imageCache, ownTarget } from '../../machines/build-target.ts';

const DOOR = '127.0.0.1:5555';

export interface ExampleImage {
  /** What to deploy: `127.0.0.1:5555/hello:<tag>`; the tag follows the content. */
  reference: string;
  procfile: Record<string, string>;
}

/** Builds and pushes examples/<example> on `machine` unless the registry has this very content already. */
export async function ensureExampleImage(
  root: string,
  cluster: string,
  machine: string,
  example: string,
  signal: AbortSignal,
): Promise<ExampleImage> {
  const folder = join(root, 'examples', example);
  const base = await buildNodeImage(ownTarget(root), signal);
  const tag = await contentTag(folder, base.id);
  const reference = `${DOOR}/${example}:${tag}`;
  const procfile = await readProcfile(folder);
  const manifest = `http://${DOOR}/v2/${example}/manifests/${tag}`;
  const ask = [
    'sh',
    '-c',
    `curl -fsS -o /dev/null -I '${manifest}' 2>/dev/null && echo yes || true`,
  ];
  const known = await execOnMachine(root, cluster, machine, ask, signal);
  if (known.stdout === 'yes') return { reference, procfile };

  const on = (...command: string[]) => execOnMachine(root, cluster, machine, command, signal);
  await feedMachine(root, cluster, machine, ['docker', 'load'], base.archive, signal);
  await on('docker', 'tag', base.reference, 'deis/node:latest');
  const context = join(imageCache(root), `${example}-${process.pid}.tar`);
  try {
    await tarDirectory(folder, context, signal);
    await feedMachine(
      root,
      cluster,
      machine,
      ['docker', 'build', '-t', reference, '-'],
      context,
      signal,
    );
  } finally {
    await rm(context, { force: true });
  }
  await on('docker', 'push', '-q', reference);
  return { reference, procfile };
}

async function contentTag(folder: string, base: string): Promise<string> {
  const hash = createHash('sha256').update(base);
  for (const name of (await readdir(folder)).toSorted()) {
    hash.update(`\0${name}\0`).update(await readFile(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** `type: command` lines. */
async function readProcfile(folder: string): Promise<Record<string, string>> {
  const lines = (await readFile(join(folder, 'Procfile'), 'utf8')).split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const match = /^([a-z][a-z0-9-]*):\s*(.+)$/.exec(line.trim());
      return match ? [[match[1]!, match[2]!]] : [];
    }),
  );
}
