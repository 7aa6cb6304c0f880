// Container images as files: an OCI image layout in a tar that old Docker Engines can load too.
//
// Engines before 25 read only `manifest.json` of the docker-archive format; newer tools read `index.json` of the OCI
// image layout. Both may sit side by side over the same blobs (OCI image-layout 1.0, Docker's `image save`).

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PROCESSORS, type Processor } from '../model/processor.ts';
import { run } from './process.ts';

export interface ImageConfig {
  env: string[];
  workingDir: string;
  cmd?: string[];
  entrypoint?: string[];
  user?: string;
  /** `5000/tcp` */
  ports?: string[];
  labels: Record<string, string>;
}

export interface WrittenImage {
  /** `repository:tag`, the tag being the first 12 digits of the image id: it moves with the content. */
  reference: string;
  /** `sha256:…` of the image's configuration, as `docker inspect` shows it. */
  id: string;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** A reproducible tar of a directory: sorted, owned by root, without times. */
export async function tarDirectory(
  directory: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const stable = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await run('tar', [...stable, '-C', directory, '-cf', target, '.'], {}, signal);
}

/** Writes `layers` (uncompressed tar files, lowest first) as one image archive; `target` appears only when complete. */
export async function writeImageArchive(
  repository: string,
  layers: string[],
  processor: Processor,
  config: ImageConfig,
  target: string,
  signal: AbortSignal,
): Promise<WrittenImage> {
  // Two programs may make the same image at once: neither sees the other's half.
  const own = `${target}.${process.pid}`;
  const layout = `${own}.layout`;
  const blobs = join(layout, 'blobs', 'sha256');
  await rm(layout, { recursive: true, force: true });
  await mkdir(blobs, { recursive: true });
  try {
    const layerBlobs: Descriptor[] = [];
    for (const layer of layers) layerBlobs.push(await addLayer(layer, blobs));
    const image = await addJson(blobs, 'application/vnd.oci.image.config.v1+json', {
      architecture: PROCESSORS[processor].debian,
      os: 'linux',
      config: {
        Env: config.env,
        WorkingDir: config.workingDir,
        Labels: config.labels,
        ...(config.cmd ? { Cmd: config.cmd } : {}),
        ...(config.entrypoint ? { Entrypoint: config.entrypoint } : {}),
        ...(config.user ? { User: config.user } : {}),
        ...(config.ports
          ? { ExposedPorts: Object.fromEntries(config.ports.map((port) => [port, {}])) }
          : {}),
      },
      rootfs: { type: 'layers', diff_ids: layerBlobs.map((layer) => layer.digest) },
      history: layerBlobs.map(() => ({ created: '1970-01-01T00:00:00Z' })),
    });
    const reference = `${repository}:${image.digest.slice('sha256:'.length).slice(0, 12)}`;
    await addManifests(layout, blobs, reference, image, layerBlobs);
    const archive = `${own}.new`;
    await tarDirectory(layout, archive, signal);
    await rename(archive, target);
    return { reference, id: image.digest };
  } finally {
    await rm(layout, { recursive: true, force: true });
  }
}

async function addManifests(
  layout: string,
  blobs: string,
  reference: string,
  image: Descriptor,
  layers: Descriptor[],
): Promise<void> {
  const manifest = await addJson(blobs, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: image,
    layers,
  });
  const annotations = { 'org.opencontainers.image.ref.name': reference };
  await writeJson(join(layout, 'oci-layout'), { imageLayoutVersion: '1.0.0' });
  await writeJson(join(layout, 'index.json'), {
    schemaVersion: 2,
    manifests: [{ ...manifest, annotations }],
  });
  const path = (blob: Descriptor): string => `blobs/sha256/${blob.digest.slice('sha256:'.length)}`;
  await writeJson(join(layout, 'manifest.json'), [
    { Config: path(image), RepoTags: [reference], Layers: layers.map(path) },
  ]);
}

async function addLayer(file: string, blobs: string): Promise<Descriptor> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const digest = hash.digest('hex');
  await cp(file, join(blobs, digest));
  const { size } = await stat(file);
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${digest}`, size };
}

async function addJson(blobs: string, mediaType: string, value: object): Promise<Descriptor> {
  const text = JSON.stringify(value);
  const digest = createHash('sha256').update(text).digest('hex');
  await writeFile(join(blobs, digest), text);
  return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, JSON.stringify(value));
}
