// In which order the parts of the platform come up and go down.

import type { Component } from '../../model/components.ts';
import { parsePlatformUnitName } from '../../model/ids.ts';

/** Units that may change together; the next wave waits until these are done. */
export interface Wave {
  plane: Component['plane'];
  units: string[];
}

/** One wave per run of components on the same plane, in the table's order; `down` reverses it. */
export function waves(
  units: readonly string[],
  components: readonly Component[],
  direction: 'up' | 'down',
): Wave[] {
  const result: Wave[] = [];
  for (const component of direction === 'up' ? components : components.toReversed()) {
    const own = units.filter((unit) => parsePlatformUnitName(unit)?.component === component.name);
    if (own.length === 0) continue;
    const last = result.at(-1);
    if (last?.plane === component.plane) last.units.push(...own);
    else result.push({ plane: component.plane, units: own });
  }
  return result;
}
