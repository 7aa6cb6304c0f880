// After a gap: are our upstreams still in the store as we published them? What is missing is published again by the plan.

import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';
import type { Roster } from './roster.ts';

/** Throws while the store does not answer. True if something had changed behind our back. */
export async function checkUpstreams(
  registry: Registry,
  roster: Roster,
  signal: AbortSignal,
): Promise<boolean> {
  const units = roster.all().filter(({ life }) => life.published);
  const before = units.map(({ life }) => life.published!);
  const entries = await registry.store.getMany(
    units.map(({ name }, index) => keys.services.key(before[index]!.app, name)),
    signal,
  );
  let changed = false;
  units.forEach((unit, index) => {
    const published = before[index]!;
    const entry = entries[index];
    if (entry?.value === published.address || unit.life.published !== published) return;
    const { published: _, ...life } = unit.life;
    const takenOver = entry !== undefined && unit.placement?.retiring === true;
    const { app, address } = published;
    unit.life = {
      ...life,
      takenOver,
      ...(entry && { withdrawn: { app, address, revision: entry.modRevision } }),
    };
    roster.save(unit);
    changed = true;
  });
  return changed;
}
