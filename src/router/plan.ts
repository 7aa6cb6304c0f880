// From everything a router has read to everything it serves: hosts and upstreams, policies, certificates, challenges.

import type { Routes } from '../ports/web-server.ts';
import { chooseCertificates, type Offer } from './certificates.ts';
import { policiesOf } from './policy.ts';
import { readSettings } from './settings.ts';
import { buildView, type RouterWorld, takesAway } from './view.ts';

export interface Snapshot {
  world: Omit<RouterWorld, 'apps' | 'domains'>;
  apps: { id: string; owner: string }[];
  domains: { domain: string; app: string; owner: string }[];
  /** Settings of `deis routing:set`, by app. */
  routing: ReadonlyMap<string, Record<string, string>>;
  /** Values under /deis/router/. */
  settings: Record<string, string>;
  offers: readonly Offer[];
  /** Token → answer. */
  challenges: Record<string, string>;
  /** ms since 1970. */
  now: number;
}

type Served = Pick<Routes, 'hosts' | 'groups' | 'policies' | 'certificates' | 'challenges'>;

export interface Plan extends Served {
  /** Upstreams of the builder's door. */
  builders: string[];
  /** App → why something of it is left out. */
  refused: Record<string, string>;
}

export function planRoutes(snapshot: Snapshot): Plan {
  const { world, apps, domains, routing, settings, offers, challenges, now } = snapshot;
  const view = buildView({ ...world, domains, apps: apps.map(({ id }) => id) });
  const { values } = readSettings(settings);
  const policies = policiesOf(Object.keys(view.groups), routing, values);
  const owners = new Map(apps.map(({ id, owner }) => [id, owner]));
  const givers = new Map(domains.map(({ domain, owner }) => [domain, owner]));
  const speakers = (host: string, group: string): string[] =>
    [owners.get(group), givers.get(host)].filter((one) => one !== undefined);
  const chosen = chooseCertificates(view.hosts, offers, speakers, now);
  return {
    ...view,
    policies: policies.policies,
    certificates: chosen.certificates,
    challenges,
    refused: { ...chosen.refused, ...policies.refused, ...view.refused },
  };
}

/** Is there less in `next` than in `now`, or something that lets more people in? Then it matters whether the store can be believed. */
export function takesMore(now: Omit<Served, 'challenges'>, next: Served): boolean {
  const loosened = Object.entries(now.policies).some(
    ([group, policy]) => JSON.stringify(next.policies[group]) !== JSON.stringify(policy),
  );
  const bare = Object.keys(now.certificates).some(
    (host) => !Object.hasOwn(next.certificates, host),
  );
  return loosened || bare || takesAway(now, next);
}
