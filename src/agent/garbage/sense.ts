// What is known about the images of this machine: the engine's lists, the files of its units, what releases need.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type GarbageSettings, readGarbageSettings } from '../../model/garbage-settings.ts';
import { keptImages } from '../../model/kept-images.ts';
import { ifMissing } from '../../model/missing.ts';
import type { EngineWaste } from '../../ports/engine-waste.ts';
import { keys } from '../../registry/keys.ts';
import { appsInPush } from '../../registry/pushes.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Facts } from './plan.ts';

export interface SenseOptions {
  registry: Registry;
  waste: EngineWaste;
  /** Folder of the waiters' files. */
  waiterDirectory: string;
  /** Says which platform image this machine was brought: `{"reference"}`. */
  platformNote: string;
}

const noteShape = z.object({ reference: z.string() });

/** All but the times. Throws DeisError('unavailable') while the store or the engine is away. */
export async function sense(
  { registry, waste, waiterDirectory, platformNote }: SenseOptions,
  signal: AbortSignal,
): Promise<Omit<Facts, 'seen' | 'now' | 'settings'> & { settings: GarbageSettings }> {
  const pushed = await appsInPush(registry, signal);
  const [builds, releases, units, values] = await Promise.all([
    registry.list(keys.builds, [], signal),
    registry.list(keys.releases, [], signal),
    registry.list(keys.appUnits, [], signal),
    registry.list(keys.settings, ['platform'], signal),
  ]);
  const settings = readGarbageSettings(
    Object.fromEntries(values.items.map(({ ids, value }) => [ids[1]!, value])),
  );
  const kept = keptImages({
    builds: builds.items.map(({ value }) => value),
    releases: releases.items.map(({ value }) => value),
    units: units.items.map(({ value }) => value),
    keepReleases: settings.keepReleases,
  });
  // Images last: one that came meanwhile must find the unit it came for.
  const images = await waste.images(signal);
  const containers = await waste.containers(signal);
  const note = await readShape(platformNote, noteShape);
  return {
    images,
    containers,
    kept,
    wanted: await wantedImages(waiterDirectory),
    platform: note?.reference,
    pushed,
    settings,
  };
}

/** The last word of each waiter's file (waiter-files.ts): no config value is near. */
async function wantedImages(folder: string): Promise<Set<string>> {
  const wanted = new Set<string>();
  for (const file of await readdir(folder).catch(ifMissing<string[]>([]))) {
    if (!file.endsWith('.waiter')) continue;
    const waiter = await readFile(join(folder, file), 'utf8').catch(ifMissing(undefined));
    const image = waiter?.trim().split(' ').at(-1);
    if (image !== undefined) wanted.add(image);
  }
  return wanted;
}

async function readShape<T>(path: string, shape: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch(ifMissing(undefined));
  if (text === undefined) return undefined;
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
