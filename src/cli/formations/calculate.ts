// The desired-state document of a formation (Deis v0: "databag item"): the same state gives the same bytes. Pure.

import type { App, Build, Release } from '../../model/app.ts';
import type { Machine } from '../../model/cluster.ts';
import { DEFAULT_FORMATION, type Formation, type Layer, type Node } from '../../model/formation.ts';
import { parseContainerName } from '../../model/ids.ts';

export interface FormationFacts {
  formation: Formation;
  layers: readonly Layer[];
  nodes: readonly Pick<Node, 'id' | 'machine' | 'formation' | 'layer' | 'address'>[];
  machines: readonly Pick<Machine, 'id' | 'name'>[];
  apps: readonly App[];
  releases: readonly Release[];
  builds: readonly Build[];
  domains: readonly { domain: string; app: string }[];
  perms: readonly { app: string; username: string }[];
  /** Placements to run, of app units and of routers. */
  placements: readonly { machine: string; unit: string }[];
  /** Published upstreams, `host:port`. */
  services: readonly { app: string; unit: string; address: string }[];
  /** Machines that carry a router of this formation. */
  routers: readonly string[];
}

/** JSON with sorted keys, two spaces, no end of line. No times: nothing in it changes by itself. */
export function calculate(facts: FormationFacts): string {
  return JSON.stringify(sorted(documentOf(facts)), undefined, 2);
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

function documentOf(facts: FormationFacts): Json {
  const { formation, layers, nodes, apps } = facts;
  const own = nodes.filter((node) => node.formation === formation.id);
  const planes = new Map(
    layers.filter((layer) => layer.formation === formation.id).map((layer) => [layer.id, layer]),
  );
  const counts = [...planes.values()].map(
    ({ id, flavor, runtime, proxy, control }): [string, Json] => [
      id,
      { flavor, runtime, proxy, control, nodes: own.filter(({ layer }) => layer === id).length },
    ],
  );
  return {
    id: formation.id,
    domain: formation.domain ?? '',
    layers: Object.fromEntries(counts),
    nodes: Object.fromEntries(
      own.map(({ id, address, layer }): [string, Json] => {
        const {
          runtime = true,
          proxy = true,
          control = formation.id === DEFAULT_FORMATION,
        } = planes.get(layer) ?? {};
        return [id, { address, layer, runtime, proxy, control }];
      }),
    ),
    apps: Object.fromEntries(
      apps
        .filter((app) => (app.formation ?? DEFAULT_FORMATION) === formation.id)
        .map((app) => [app.id, appOf(app, facts)]),
    ),
  };
}

function appOf(app: App, facts: FormationFacts): Json {
  const { formation, releases, builds, domains, perms, services, routers, nodes } = facts;
  const release = releases.find((one) => one.app === app.id && one.version === app.release);
  const build = builds.find(({ uuid }) => uuid === release?.build);
  const users: [string, Json][] = perms
    .filter((perm) => perm.app === app.id)
    .map(({ username }) => [username, 'user']);
  const names = new Map(nodes.map(({ machine, address }) => [machine, address]));
  const host = formation.domain === undefined ? [] : [`${app.id}.${formation.domain}`];
  return {
    id: app.id,
    release: {
      version: app.release,
      config: release?.config ?? '',
      build: build ? { image: build.reference, procfile: build.procfile } : null,
    },
    structure: app.structure,
    containers: containersOf(app, facts),
    domains: [
      ...host,
      ...domains.filter((one) => one.app === app.id).map(({ domain }) => domain),
    ].toSorted(),
    users: Object.fromEntries([...users, [app.owner, 'owner']]),
    proxy: {
      algorithm: 'round_robin',
      port: 80,
      nodes: routers.map((machine) => names.get(machine) ?? machine).toSorted(),
      backends: services
        .filter((service) => service.app === app.id)
        .map(({ address }) => address)
        .toSorted(),
    },
  };
}

/** Type → number → `<node>:<port>`; without a port for what is not routed. */
function containersOf(app: App, { placements, services, nodes, machines }: FormationFacts): Json {
  const names = new Map(machines.map(({ id, name }) => [id, name]));
  for (const { machine, id } of nodes) names.set(machine, id);
  const ports = new Map(services.map(({ unit, address }) => [unit, address.split(':').at(-1)!]));
  const types: Record<string, Record<string, string>> = {};
  for (const { machine, unit } of placements.toSorted((a, b) => (a.unit < b.unit ? -1 : 1))) {
    const name = parseContainerName(unit);
    if (name?.app !== app.id) continue;
    const port = ports.get(unit);
    const place = `${names.get(machine) ?? machine}${port === undefined ? '' : `:${port}`}`;
    types[name.type] = { ...types[name.type], [String(name.num)]: place };
  }
  return types;
}
