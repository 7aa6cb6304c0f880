// How much one push may take: `deisctl config builder set <name>=…`.

import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';

const MB = 1024 * 1024;
const MINUTE_MS = 60_000;

/** To add a limit: a row here. `unit` turns the number that is set into what the builder counts in. */
const LIMITS = {
  /** MB that git may send in one push. */
  maxPushSize: { standard: 128, unit: MB, most: 4096 },
  /** MB of files in the pushed commit. */
  maxSourceSize: { standard: 1024, unit: MB, most: 16 * 1024 },
  /** Minutes from the first byte of a push until its image is in the registry. */
  pushTimeout: { standard: 30, unit: MINUTE_MS, most: 24 * 60 },
} as const;

/** Bytes, and ms for times. */
export type PushLimits = Record<keyof typeof LIMITS, number>;

/** A value that is no whole number in range counts as not set. */
export function limitFrom(name: keyof typeof LIMITS, value: string | undefined): number {
  const { standard, unit, most } = LIMITS[name];
  const number = value !== undefined && /^[0-9]{1,6}$/.test(value) ? Number(value) : standard;
  return (number >= 1 && number <= most ? number : standard) * unit;
}

export async function readLimits(registry: Registry, signal: AbortSignal): Promise<PushLimits> {
  const names = Object.keys(LIMITS) as (keyof typeof LIMITS)[];
  const paths = names.map((name) => keys.settings.key('builder', name));
  const entries = await registry.store.getMany(paths, signal);
  return Object.fromEntries(
    names.map((name, index) => [name, limitFrom(name, entries[index]?.value)]),
  ) as PushLimits;
}
