// Reads everything that a formation's document is made from.

import { DEFAULT_FORMATION } from '../../model/formation.ts';
import { parsePlatformUnitName } from '../../model/ids.ts';
import { formationOf } from '../../model/requirements.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { plainNode } from '../nodes/list.ts';
import type { FormationFacts } from './calculate.ts';
import { formationCalled } from './records.ts';

/** Throws DeisError 'not-found'. */
export async function readFormation(
  registry: Registry,
  id: string,
  signal: AbortSignal,
): Promise<FormationFacts> {
  const formation = await formationCalled(registry, id, signal);
  const all = async <T>(family: Parameters<typeof registry.list<T>>[0]) =>
    (await registry.list(family, [], signal)).items;
  const [layers, nodes, machines, apps, releases, builds, domains, perms] = await Promise.all([
    all(keys.layers),
    all(keys.nodes),
    all(keys.machines),
    all(keys.apps),
    all(keys.releases),
    all(keys.builds),
    all(keys.domains),
    all(keys.perms),
  ]);
  const [placements, services, units] = await Promise.all([
    all(keys.placements),
    all(keys.services),
    all(keys.platformUnits),
  ]);
  const known = nodes.map(({ value }) => value);
  const plain = machines
    .map(({ value }) => value)
    .filter((machine) => !known.some((node) => node.machine === machine.id));
  const runs = placements
    .filter(({ value }) => value.want === 'run')
    .map(({ ids }) => ({ machine: ids[0]!, unit: ids[1]! }));
  const routers = new Set(
    units
      .map(({ value }) => value)
      .filter(({ name }) => parsePlatformUnitName(name)?.component === 'router')
      .filter(({ options }) => (formationOf(options) ?? DEFAULT_FORMATION) === id)
      .map(({ name }) => name),
  );
  return {
    formation,
    layers: layers.map(({ value }) => value),
    nodes: [...known, ...plain.map(plainNode)],
    machines: machines.map(({ value }) => value),
    apps: apps.map(({ value }) => value),
    releases: releases.map(({ value }) => value),
    builds: builds.map(({ value }) => value),
    domains: domains.map(({ value }) => value),
    perms: perms.map(({ ids }) => ({ app: ids[0]!, username: ids[1]! })),
    placements: runs,
    services: services.map(({ ids, value }) => ({
      app: ids[0]!,
      unit: ids[1]!,
      address: value.trim(),
    })),
    routers: runs.filter(({ unit }) => routers.has(unit)).map(({ machine }) => machine),
  };
}
