// What agent, scheduler and routers would make of a change, for `deis plan`: each decides by its own pure functions.

import { fileTemplates as templates } from '../adapters/templates.ts';
import { appContainer } from '../agent/app-container.ts';
import { renderUnit } from '../agent/unit-text.ts';
import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Foresight, HostTexts } from '../ports/foresight.ts';
import { keys } from '../registry/keys.ts';
import { type Registry, listing } from '../registry/registry.ts';
import { hostText } from '../router/host-text.ts';
import { planRoutes, type Snapshot } from '../router/plan.ts';
import { isSetting } from '../router/settings.ts';
import { FIRST_DOMAIN } from '../router/sources.ts';
import { forecast } from '../scheduler/forecast.ts';
import { lookOnce } from '../scheduler/look-once.ts';

export function foresight(registry: Registry, clock: Clock): Foresight {
  return {
    unitText(unit, systemd) {
      const { name, process } = unit;
      if (!process) throw new DeisError('internal', `${name} says nothing to run`);
      const container = appContainer({ unit: name, process, image: process.image, values: {} });
      return renderUnit({ unit, container, systemd }, templates);
    },
    async placements(coming, signal) {
      return forecast(await lookOnce(registry.store, clock, signal), coming);
    },
    hosts: (app, change, signal) => hostsOf(registry, clock, app, change, signal),
  };
}

type Change = Parameters<Foresight['hosts']>[1];

async function hostsOf(
  registry: Registry,
  clock: Clock,
  app: string,
  { gone, upstreams }: Change,
  signal: AbortSignal,
): Promise<HostTexts> {
  const { snapshot, titles } = await routesOf(registry, clock.now(), app, signal);
  const text = (world: Snapshot['world']): string =>
    hostText(planRoutes({ ...snapshot, world }), app, titles);
  const { world } = snapshot;
  const stays = world.services.filter(({ unit }) => !gone.includes(unit));
  const come = upstreams.map((address, index) => ({
    group: app,
    unit: `new ${index}`,
    address,
  }));
  return { before: text(world), after: text({ ...world, services: [...stays, ...come] }) };
}

/** All that is served of this app, read at one revision. */
async function routesOf(
  registry: Registry,
  now: number,
  app: string,
  signal: AbortSignal,
): Promise<{ snapshot: Snapshot; titles: ReadonlyMap<string, string> }> {
  const { apps, domains, certs, routing, services, settings } = keys;
  const prefixes = [
    apps.key(app),
    domains.under(),
    certs.under(),
    routing.key(app),
    services.under(app),
    settings.under('router'),
    settings.under('platform'),
  ];
  const { revision, reads } = await registry.commit([], [], signal, prefixes);
  const at = (index: number) => reads[index] ?? [];
  const stored = listing(settings, at(5), revision).items.filter(({ ids }) => isSetting(ids[1]!));
  const platform = listing(settings, at(6), revision).items;
  const domain = platform.find(({ ids }) => ids[1] === 'domain')?.value;
  const known = listing(certs, at(2), revision).items;
  const units = listing(services, at(4), revision).items.map(({ ids, value }) => ({
    group: app,
    unit: ids[1]!,
    address: value,
  }));
  const snapshot: Snapshot = {
    world: { domain: domain ?? FIRST_DOMAIN, subdomain: 'deis', services: units },
    apps: listing(apps, at(0), revision)
      .items.filter(({ ids }) => ids[0] === app)
      .map(({ value }) => ({ id: app, owner: value.owner })),
    domains: listing(domains, at(1), revision)
      .items.filter(({ value }) => value.app === app)
      .map(({ ids, value }) => ({ domain: ids[0]!, app, owner: value.owner })),
    routing: new Map(
      listing(routing, at(3), revision)
        .items.filter(({ ids }) => ids[0] === app)
        .map(({ value }) => [app, value.settings]),
    ),
    settings: Object.fromEntries(stored.map(({ ids, value }) => [ids[1]!, value])),
    offers: known.map(({ ids, value: { commonName: name, sans, expires, owner } }) => ({
      id: ids[0]!,
      name,
      names: sans,
      expires,
      kind: 'user',
      owner,
    })),
    challenges: {},
    now,
  };
  return { snapshot, titles: new Map(known.map(({ ids, value }) => [ids[0]!, value.commonName])) };
}
