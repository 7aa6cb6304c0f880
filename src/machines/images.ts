// The images this project makes itself, from Debian packages, the pinned runtime and its own bundle: nothing is pulled.

import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type ImageConfig,
  type WrittenImage,
  writeImageArchive,
} from '../adapters/image-archive.ts';
import type { BuildTarget } from './build-target.ts';
import { debianLayer, filesLayer, runtimeLayer } from './image-layers.ts';

const PATH = 'PATH=/opt/deis/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface BuiltImage extends WrittenImage {
  /** The archive, to be loaded by an Engine. */
  archive: string;
}

/**
 * `deis/platform`: nginx with Lua for the router, distribution for the registry, git for the builder, our bundle for the rest.
 * `parts` are directories whose content goes to /opt/deis/<name>: dist, templates, units, bin.
 */
export async function buildPlatformImage(
  target: BuildTarget,
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
    await debianLayer(target, { variant: 'essential', packages }, signal),
    await runtimeLayer(target, signal),
    await filesLayer(target.cache, Object.fromEntries(files) as Record<string, string>, signal),
  ];
  const labels = { 'deis.managed': 'true', 'deis.platform': 'true' };
  return archived(
    target,
    'deis/platform',
    layers,
    { env: [PATH], workingDir: '/', labels },
    signal,
  );
}

/** `deis/node`: Node and a shell on the C library, the base of the example app. */
export async function buildNodeImage(
  target: BuildTarget,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const packages = ['libc6', 'libstdc++6', 'libgcc-s1', 'busybox-static'];
  const layers = [
    await debianLayer(
      target,
      { variant: 'extract', packages, hooks: ['chroot "$1" /bin/busybox --install -s /bin'] },
      signal,
    ),
    await runtimeLayer(target, signal),
  ];
  const labels = { 'deis.managed': 'true' };
  return archived(target, 'deis/node', layers, { env: [PATH], workingDir: '/app', labels }, signal);
}

/** What buildpacks and the apps they make may count on. */
const STACK_PACKAGES = [
  'ca-certificates curl git openssh-client openssl tzdata',
  'bzip2 file jq make patch procps unzip xz-utils zip',
  'busybox-static libstdc++6 libatomic1',
].flatMap((line) => line.split(' '));

/** Apps run as `slug`, as they did in Deis v1. */
const SLUG_USER = [
  `echo slug:x:2000:2000::/app:/bin/bash >> "$1"/etc/passwd`,
  `echo slug:x:2000: >> "$1"/etc/group`,
  'install -d -o 2000 -g 2000 "$1"/app',
];

/** Node is there for buildpacks; an app has it in its path when its buildpack says so. PORT as in Deis v1. */
const STACK: ImageConfig = {
  env: [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'LANG=C.UTF-8',
    'HOME=/app',
    'PORT=5000',
  ],
  workingDir: '/app',
  user: 'slug',
  ports: ['5000/tcp'],
  entrypoint: ['/opt/deis/stack/run'],
  cmd: ['start', 'web'],
  labels: { 'deis.managed': 'true' },
};

/** `deis/stack`: what buildpacks build on and their apps run on; our own buildpacks and scripts are in it. */
export async function buildStackImage(
  target: BuildTarget,
  templates: string,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const files = {
    'opt/deis/stack': join(templates, 'stack'),
    'opt/deis/buildpacks': join(templates, 'buildpacks'),
  };
  const layers = [
    await debianLayer(
      target,
      { variant: 'essential', packages: STACK_PACKAGES, hooks: SLUG_USER },
      signal,
    ),
    await runtimeLayer(target, signal),
    await filesLayer(target.cache, files, signal),
  ];
  return archived(target, 'deis/stack', layers, STACK, signal);
}

async function archived(
  { cache, processor }: BuildTarget,
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
  const image = await writeImageArchive(repository, layers, processor, config, archive, signal);
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
