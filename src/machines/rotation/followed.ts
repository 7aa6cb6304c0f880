// Waiting until every part that runs says that it uses what was put on its machine.

import { setTimeout as sleep } from 'node:timers/promises';
import { component } from '../../model/components.ts';
import { DeisError, isDeisError } from '../../model/errors.ts';
import type { IdentityReport } from '../../model/identity.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';

/** A component on a machine. */
export interface Part {
  component: string;
  machine: string;
}

/** Names of machines by id are for the sentences. */
export interface Scene {
  machines: ReadonlyMap<string, string>;
  parts: readonly Part[];
  reports: readonly (Part & { report: IdentityReport })[];
}

const PATIENCE_MS = 120_000;
const LOOK_MS = 1000;

/** The component that a unit of the platform runs; undefined: none that has a certificate. */
export function componentOf(unit: string): string | undefined {
  const name = /^deis-([a-z]+)(?:@[^.]*)?\.service$/.exec(unit)?.[1];
  return name !== undefined && component(name) ? name : undefined;
}

/** Those that run and do not say so yet: `router on deis-2`; pure. */
export function lagging(
  { machines, parts, reports }: Scene,
  isSo: IsSo,
  without: ReadonlySet<string> = new Set(),
): string[] {
  const done = new Set(
    reports.filter(({ report }) => isSo(report)).map((part) => `${part.component} ${part.machine}`),
  );
  return parts
    .filter(({ machine }) => !without.has(machine))
    .filter((part) => !done.has(`${part.component} ${part.machine}`))
    .map((part) => `${part.component} on ${machines.get(part.machine) ?? part.machine}`);
}

export type IsSo = (report: IdentityReport) => boolean;

/** `without`: ids of machines that are not waited for. Throws DeisError 'timeout' naming who has not followed. The store may be away for a moment. */
export async function untilFollowed(
  registry: Registry,
  isSo: IsSo,
  signal: AbortSignal,
  without: ReadonlySet<string> = new Set(),
): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const late = await readScene(registry, signal)
      .then((scene) => lagging(scene, isSo, without))
      .catch((error: unknown) => {
        if (!isDeisError(error, 'unavailable')) throw error;
        return ['the store'];
      });
    if (late.length === 0) return;
    if (performance.now() > end) {
      throw new DeisError(
        'timeout',
        `these have not taken up what lies on their machines: ${late.join(', ')}`,
        'A part that was started by an older version does so after: deisctl refresh-units; deisctl rolling-restart <component>. The same command then goes on where it stopped.',
      );
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** Reports of parts that run no more are in it too. */
export async function readScene(registry: Registry, signal: AbortSignal): Promise<Scene> {
  const [machines, alive, states, reports] = await Promise.all([
    registry.list(keys.machines, [], signal),
    registry.list(keys.alive, [], signal),
    registry.list(keys.states, [], signal),
    registry.list(keys.identities, [], signal),
  ]);
  const daemons = alive.items.map(({ ids }) => ({ component: 'deisd', machine: ids[0]! }));
  const others = states.items.flatMap(({ ids, value }): Part[] => {
    const name = value.active === 'active' ? componentOf(ids[1]!) : undefined;
    return name === undefined ? [] : [{ component: name, machine: ids[0]! }];
  });
  return {
    machines: new Map(machines.items.map(({ value }) => [value.id, value.name])),
    parts: [...daemons, ...others],
    reports: reports.items.map(({ ids, value }) => ({
      component: ids[0]!,
      machine: ids[1]!,
      report: value,
    })),
  };
}
