// A formation of its own has a router on every machine of its proxy layers: brought about whenever machines come, go or change layer.

import { DEFAULT_FORMATION, FIRST_FORMATION_ROUTER } from '../../model/formation.ts';
import { parsePlatformUnitName, platformUnitName } from '../../model/ids.ts';
import { formationOf } from '../../model/requirements.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { despiteSilence } from '../despite-silence.ts';
import { create, remove } from '../platform/install.ts';
import { type Operation, expectNone } from '../platform/operation.ts';

export interface RouterNeeds {
  add: string[];
  remove: string[];
}

/**
 * Units to make and to take away; nothing for the default formation, whose routers are scaled by hand. `present`: those that are to
 * stay first. Pure.
 */
export function routerNeeds(
  count: number,
  present: readonly string[],
  taken: readonly string[],
): RouterNeeds {
  const numbers = new Set(taken.map((name) => parsePlatformUnitName(name)?.instance ?? 0));
  const add: string[] = [];
  for (let number = FIRST_FORMATION_ROUTER; present.length + add.length < count; number += 1) {
    if (!numbers.has(number)) add.push(platformUnitName('router', number));
  }
  const surplus = Math.max(0, present.length - count);
  return { add, remove: surplus === 0 ? [] : present.slice(-surplus) };
}

/** Waits until they serve. */
export async function ensureRouters(
  operation: Operation,
  formation: string,
  signal: AbortSignal,
): Promise<RouterNeeds> {
  if (formation === DEFAULT_FORMATION) return { add: [], remove: [] };
  const { registry } = operation;
  const look = () =>
    Promise.all([
      registry.list(keys.platformUnits, [], signal),
      proxyMachines(registry, formation, signal),
      unitsOfTheLiving(registry, signal),
    ]);
  const [units, count, serving] = await despiteSilence(look, signal);
  const routers = units.items
    .map(({ value }) => value)
    .filter(({ name }) => parsePlatformUnitName(name)?.component === 'router');
  const own = routers.filter(
    ({ options, desired }) => formationOf(options) === formation && desired !== 'gone',
  );
  const needs = routerNeeds(
    count,
    // One whose machine is gone goes before one that serves.
    own
      .map(({ name }) => name)
      .toSorted((a, b) => Number(serving.has(b)) - Number(serving.has(a)) || (a < b ? -1 : 1)),
    routers.map(({ name }) => name),
  );
  expectNone(await create(operation, needs.add, 'launched', signal, formation), 'start');
  expectNone(await remove(operation, needs.remove, signal), 'go away');
  return needs;
}

async function proxyMachines(
  registry: Registry,
  formation: string,
  signal: AbortSignal,
): Promise<number> {
  const [nodes, layers] = await Promise.all([
    registry.list(keys.nodes, [], signal),
    registry.list(keys.layers, [formation], signal),
  ]);
  const proxies = new Set(
    layers.items.filter(({ value }) => value.proxy).map(({ value }) => value.id),
  );
  return nodes.items.filter(
    ({ value }) => value.formation === formation && proxies.has(value.layer),
  ).length;
}

async function unitsOfTheLiving(registry: Registry, signal: AbortSignal): Promise<Set<string>> {
  const [placements, alive] = await Promise.all([
    registry.list(keys.placements, [], signal),
    registry.list(keys.alive, [], signal),
  ]);
  const living = new Set(alive.items.map(({ ids }) => ids[0]!));
  const running = placements.items.filter(
    ({ ids, value }) => value.want === 'run' && living.has(ids[0]!),
  );
  return new Set(running.map(({ ids }) => ids[1]!));
}
