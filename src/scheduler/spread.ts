// Which units are equals that should be spread over machines.

import { parseContainerName } from '../model/ids.ts';
import type { WantedUnit } from '../model/unit.ts';

/** `group`: spread these first; `wider`: then these. Undefined: no equals. */
export interface Spread {
  group: string | undefined;
  wider: string | undefined;
}

const INSTANCE = /^([^@]+@)[^@].*(\.[a-z]+)$/;

/** An app's process type within its release, then over all releases; for `name@1.service` its template. */
export function spreadOf(unit: Pick<WantedUnit, 'name' | 'kind' | 'process'>): Spread {
  const container =
    unit.process ?? (unit.kind === 'app' ? parseContainerName(unit.name) : undefined);
  if (container) {
    const { app, release, type } = container;
    return { group: `${app}_v${release}.${type}`, wider: `${app}.${type}` };
  }
  const instance = INSTANCE.exec(unit.name);
  return { group: instance ? `${instance[1]!}${instance[2]!}` : undefined, wider: undefined };
}
