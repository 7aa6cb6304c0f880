// Which images must stay: those of the releases that run or may be rolled back to, and those that units want now.

import type { Build, Release } from './app.ts';
import type { WantedUnit } from './unit.ts';

export interface Naming {
  builds: readonly Build[];
  releases: readonly Release[];
  units: readonly WantedUnit[];
  /** So many releases of each app can be rolled back to. */
  keepReleases: number;
}

/** By reference, the reason in words. Failed releases keep nothing: nobody can roll back to them. */
export function keptImages({ builds, releases, units, keepReleases }: Naming): Map<string, string> {
  const kept = new Map<string, string>();
  const images = new Map(builds.map(({ uuid, reference }) => [uuid, reference]));
  const usable = releases.filter(({ state }) => state !== 'failed');
  const newestFirst = usable.toSorted((a, b) => b.version - a.version);
  const counts = new Map<string, number>();
  for (const { app, version, state, build } of newestFirst) {
    const count = (counts.get(app) ?? 0) + 1;
    counts.set(app, count);
    const isRunning = state === 'live' || state === 'pending';
    const image = build === null ? undefined : images.get(build);
    if (image === undefined || kept.has(image) || (count > keepReleases && !isRunning)) continue;
    kept.set(image, isRunning ? `v${version} of ${app} runs it` : `v${version} of ${app} has it`);
  }
  for (const { name, process, desired } of units) {
    if (process === undefined || desired === 'gone' || kept.has(process.image)) continue;
    kept.set(process.image, `${name.replace(/\.service$/, '')} wants it`);
  }
  return kept;
}
