// From what the store says to what is served: pure, and so strict that nothing in the store can harm another app's route.

import { APP_ID, isReservedAppId } from '../model/ids.ts';

/** The group of the controllers: the one part of the platform that is routed by name. */
export const CONTROLLERS = 'deis';
/** The group of the routers themselves: nothing is sent there, it is how they are taken away. */
export const ROUTERS = 'deis-router';
/** The group behind the door for `git push`. */
export const BUILDERS = 'deis-builder';

export interface RouterWorld {
  /** Suffix of all app hosts; must be a good one (see domainProblem). */
  domain: string;
  /** First label of the controllers' host; `deis` unless set. */
  subdomain: string;
  /** False for routers of a formation: they serve apps only. */
  hasControllers?: boolean;
  /** Ids of the apps that exist. */
  apps: string[];
  /** Names of their own that apps have; a first label may be `*`. */
  domains: { domain: string; app: string }[];
  /** Published upstreams. */
  services: { group: string; unit: string; address: string }[];
}

export interface RouterView {
  /** Full host name, or `*.` and a domain → group; `-`: nobody. */
  hosts: Record<string, string>;
  /** Group → addresses, sorted; empty: known, but nothing runs. */
  groups: Record<string, string[]>;
  /** Upstreams of the builder's door. */
  builders: string[];
  /** App → why something of it is left out. */
  refused: Record<string, string>;
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Names of apps stand before the platform's domain; an app's own domain may be as long as the API takes it. */
const [LONGEST_BELOW, LONGEST_OWN] = [190, 255];

/** What is wrong with a domain or subdomain, or undefined. */
export function domainProblem(domain: string, longest = LONGEST_BELOW): string | undefined {
  const labels = domain.split('.');
  const good = domain.length <= longest && labels.every((label) => LABEL.test(label));
  return good ? undefined : `${JSON.stringify(domain.slice(0, 60))} is not a domain name`;
}

/** Nobody's hosts: what no app has below the platform's own domain. */
export const NOBODY = '-';

/** What keeps an app from having this name, or undefined: nobody gets a name below the platform's domain but by an app's id. */
export function customDomainProblem(domain: string, platform: string): string | undefined {
  const bare = domain.startsWith('*.') ? domain.slice(2) : domain;
  if (domainProblem(bare, LONGEST_OWN))
    return `${JSON.stringify(domain.slice(0, 60))} is not a domain name`;
  const isInside = bare === platform || bare.endsWith(`.${platform}`);
  return isInside ? `${domain} belongs to the platform, whose domain is ${platform}` : undefined;
}

/** What is wrong with an upstream's address, or undefined: only `<IPv4>:<port>` is ever given to the web server. */
export function addressProblem(address: string): string | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3}):([1-9]\d{0,4})$/.exec(address);
  const good = match && match.slice(1, 5).every((part) => Number(part) <= 255);
  if (good && Number(match[5]) <= 65535) return undefined;
  return `${JSON.stringify(address.slice(0, 60))} is not an address such as 10.0.0.1:20000`;
}

/** An app is routed when it exists or something of it is published: a missing record takes no route away. */
export function buildView(world: RouterWorld): RouterView {
  const { domain, subdomain, apps, services, hasControllers = true } = world;
  const hosts: Record<string, string> = {};
  const groups: Record<string, string[]> = {};
  const builders: string[] = [];
  const refused: Record<string, string> = {};
  const routed = new Set([...apps, ...services.map(({ group }) => group)].sort());
  for (const group of [...(hasControllers ? [CONTROLLERS] : []), ...routed]) {
    if (group !== CONTROLLERS && isReservedAppId(group)) continue;
    if (!APP_ID.test(group)) {
      refused[group.slice(0, 80)] = 'this cannot be the name of an app';
      continue;
    }
    hosts[`${group === CONTROLLERS ? subdomain : group}.${domain}`] = group;
    groups[group] = [];
  }
  for (const { group, unit, address } of services) {
    const problem = addressProblem(address);
    const own = Object.hasOwn(groups, group) ? groups[group] : undefined;
    const list = group === BUILDERS ? builders : own;
    const name = group.slice(0, 80);
    if (!problem) list?.push(address);
    else if (!Object.hasOwn(refused, name)) {
      refused[name] = `upstream ${unit.slice(0, 80)}: ${problem}`;
    }
  }
  addDomains(world, hosts, groups, refused);
  for (const [group, list] of Object.entries(groups)) groups[group] = [...new Set(list)].sort();
  return { hosts, groups, builders: [...new Set(builders)].sort(), refused };
}

function addDomains(
  { domain: platform, domains }: RouterWorld,
  hosts: Record<string, string>,
  groups: Record<string, string[]>,
  refused: Record<string, string>,
): void {
  for (const { domain, app } of domains) {
    if (app === CONTROLLERS || !Object.hasOwn(groups, app)) continue; // an app that is not there has no route
    const problem = customDomainProblem(domain, platform);
    if (problem) refused[app] = `domain ${problem}`;
    else hosts[domain] = app;
  }
  if (!domains.some(({ domain }) => domain.startsWith('*.'))) return;
  hosts[platform] = NOBODY;
  hosts[`*.${platform}`] = NOBODY;
}

/** Does `next` lack a host or an upstream that `now` has? Then it matters whether the store can be believed. */
export function takesAway(
  now: Pick<RouterView, 'hosts' | 'groups'>,
  next: Pick<RouterView, 'hosts' | 'groups'>,
): boolean {
  const hostGone = Object.entries(now.hosts).some(([host, group]) => next.hosts[host] !== group);
  const upstreamGone = Object.entries(now.groups).some(([group, list]) =>
    list.some(
      (address) => !(Object.hasOwn(next.groups, group) && next.groups[group]!.includes(address)),
    ),
  );
  return hostGone || upstreamGone;
}
