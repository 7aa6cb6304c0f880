// The images this project makes itself, from Debian packages, the pinned runtime and its own bundle: nothing is pulled.

import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type ImageConfig,
  type WrittenImage,
  writeImageArchive,
} from '../adapters/image-archive.ts';
import { debianLayer, filesLayer, runtimeLayer } from './image-layers.ts';

const PATH = 'PATH=/opt/deis/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ImageSources {
  /** The pinned Node runtime. */
  node: string;
  /** Where layers and archives are kept between builds. */
  cache: string;
}

export interface BuiltImage extends WrittenImage {
  /** The archive, to be loaded by an Engine. */
  archive: string;
}

/**
 * `deis/platform`: nginx with Lua for the router, distribution for the registry, git for the builder, our bundle for the rest.
 * `parts` are directories whose content goes to /opt/deis/<name>: dist, templates, units, bin.
 */
export async function buildPlatformImage(
  { node, cache }: ImageSources,
  parts: Record<string, string>,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const packages = [
    'nginx-light',
    'libnginx-mod-http-lua',
    'docker-registry',
    'git',
    'ca-certificates',
    'libstdc++6',
  ];
  const files = Object.entries(parts).map(([name, source]) => [`opt/deis/${name}`, source]);
  const layers = [
    await debianLayer(cache, { variant: 'essential', packages }, signal),
    await runtimeLayer(cache, node, signal),
    await filesLayer(cache, Object.fromEntries(files) as Record<string, string>, signal),
  ];
  const labels = { 'deis.managed': 'true', 'deis.platform': 'true' };
  return archived(cache, 'deis/platform', layers, { env: [PATH], workingDir: '/', labels }, signal);
}

/** `deis/node`: Node and a shell on the C library, the base of the example app. */
export async function buildNodeImage(
  { node, cache }: ImageSources,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const packages = ['libc6', 'libstdc++6', 'libgcc-s1', 'busybox-static'];
  const layers = [
    await debianLayer(
      cache,
      { variant: 'extract', packages, hooks: ['chroot "$1" /bin/busybox --install -s /bin'] },
      signal,
    ),
    await runtimeLayer(cache, node, signal),
  ];
  const labels = { 'deis.managed': 'true' };
  return archived(cache, 'deis/node', layers, { env: [PATH], workingDir: '/app', labels }, signal);
}

async function archived(
  cache: string,
  repository: string,
  layers: string[],
  config: ImageConfig,
  signal: AbortSignal,
): Promise<BuiltImage> {
  await mkdir(cache, { recursive: true });
  const recipe = JSON.stringify([layers.map((layer) => basename(layer)), config]);
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const archive = join(cache, `${basename(repository)}-${key}.tar`);
  const note = `${archive}.json`;
  const known = await readNote(note, archive);
  if (known) return { ...known, archive };
  const image = await writeImageArchive(repository, layers, config, archive, signal);
  await writeFile(note, JSON.stringify(image));
  return { ...image, archive };
}

async function readNote(note: string, archive: string): Promise<WrittenImage | undefined> {
  try {
    await stat(archive);
    return JSON.parse(await readFile(note, 'utf8')) as WrittenImage;
  } catch {
    return undefined; // not built yet, or cut off half way: build again
  }
}
