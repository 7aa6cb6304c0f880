// What lies in the image store of this machine: read from its folder (distribution's storage layout, v2 of its path specification).

import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifMissing } from '../../model/missing.ts';
import type { Shelved } from './plan.ts';

const descriptor = z.object({ digest: z.string(), size: z.number() });
const manifestShape = z.object({
  config: descriptor.optional(),
  layers: z.array(descriptor).optional(),
  manifests: z.array(descriptor).optional(),
});
const configShape = z.object({
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).optional(),
});

/** The label that images built for an app carry. */
const APP_LABEL = 'deis.app';
const V2 = 'docker/registry/v2';

/** All manifests of the folder. One that cannot be read has no blobs and stays nobody's. */
export async function shelvedImages(folder: string): Promise<Shelved[]> {
  const root = join(folder, V2, 'repositories');
  const found: Shelved[] = [];
  for (const repository of await repositories(root, '')) {
    const own = join(root, repository, '_manifests');
    const tags = await tagsOf(own);
    for (const hex of await names(join(own, 'revisions/sha256'))) {
      const link = await timeOf(join(own, 'revisions/sha256', hex, 'link'));
      if (link === undefined) continue;
      const digest = `sha256:${hex}`;
      found.push({
        repository,
        digest,
        pushed: link,
        tags: tags.get(digest) ?? [],
        ...(await contents(folder, digest)),
      });
    }
  }
  return found;
}

/** Folders that hold `_manifests`, at any depth: `hello`, `team/api`. */
async function repositories(root: string, under: string): Promise<string[]> {
  const entries = await names(join(root, under));
  const own = entries.includes('_manifests') && under !== '' ? [under] : [];
  const inner = entries.filter((name) => !name.startsWith('_'));
  const deeper = await Promise.all(
    inner.map((name) => repositories(root, under === '' ? name : `${under}/${name}`)),
  );
  return [...own, ...deeper.flat()];
}

async function tagsOf(manifests: string): Promise<Map<string, string[]>> {
  const tags = new Map<string, string[]>();
  for (const tag of await names(join(manifests, 'tags'))) {
    const digest = await text(join(manifests, 'tags', tag, 'current/link'));
    if (digest !== undefined) tags.set(digest, [...(tags.get(digest) ?? []), tag]);
  }
  return tags;
}

async function contents(
  folder: string,
  digest: string,
): Promise<Pick<Shelved, 'blobs' | 'children' | 'app'>> {
  const manifest = parse(manifestShape, await blob(folder, digest));
  if (!manifest) return { blobs: {}, children: [] };
  const { config, layers = [], manifests = [] } = manifest;
  const parts = [...(config ? [config] : []), ...layers];
  const labels = config && parse(configShape, await blob(folder, config.digest))?.config?.Labels;
  const app = labels?.[APP_LABEL];
  return {
    blobs: Object.fromEntries(parts.map((part) => [part.digest, part.size])),
    children: manifests.map((child) => child.digest),
    ...(app !== undefined && { app }),
  };
}

function blob(folder: string, digest: string): Promise<string | undefined> {
  const hex = digest.replace('sha256:', '');
  return text(join(folder, V2, 'blobs/sha256', hex.slice(0, 2), hex, 'data'));
}

function parse<T>(schema: z.ZodType<T>, json: string | undefined): T | undefined {
  if (json === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(json)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const names = (path: string): Promise<string[]> => readdir(path).catch(ifMissing<string[]>([]));
const text = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(ifMissing(undefined));
const timeOf = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(ifMissing(undefined)))?.mtimeMs;
