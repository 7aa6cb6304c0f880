// Which certificate each host shows: the best one that covers its name. Pure.

import { type RouterView, CONTROLLERS, NOBODY } from './view.ts';

/** A certificate that can be shown. */
export interface Offer {
  /** Id of its bundle. */
  id: string;
  /** For people: its common name. */
  name: string;
  /** Names it covers, lower case; `*` is one label. */
  names: string[];
  /** ISO 8601. */
  expires: string;
  /** `user`: brought by `owner`; `acme`: got by the platform; `platform`: for all hosts, by an operator; `self-made`: better than none. */
  kind: 'user' | 'acme' | 'platform' | 'self-made';
  owner?: string;
}

/** Users who may speak for a host: the app's owner, and who gave it the domain. */
export type Speakers = (host: string, group: string) => readonly string[];

export interface Chosen {
  /** Host → id; `*`: for all others. */
  certificates: Record<string, string>;
  /** App → what is wrong with its certificates. */
  refused: Record<string, string>;
}

/**
 * Valid before expired, then the owner's own, the platform's, one that ACME got, anybody else's: so nobody can put a certificate
 * of theirs before what another's host has. `now`: ms since 1970.
 */
export function chooseCertificates(
  hosts: RouterView['hosts'],
  offers: readonly Offer[],
  speakers: Speakers,
  now: number,
): Chosen {
  const byName = new Map<string, Offer[]>();
  for (const offer of offers) {
    for (const name of offer.names) byName.set(name, [...(byName.get(name) ?? []), offer]);
  }
  const certificates: Record<string, string> = {};
  const refused: Record<string, string> = {};
  const last = offers.find(({ kind }) => kind === 'platform') ?? offers.find(isSelfMade);
  if (last) certificates['*'] = last.id;
  for (const [host, group] of Object.entries(hosts)) {
    if (group === NOBODY) continue;
    const able = covering(byName, host);
    const own = group === CONTROLLERS ? [] : speakers(host, group);
    const rank = (offer: Offer): number =>
      (isExpired(offer, now) ? 10 : 0) + RANKS[offer.kind](offer, own);
    const best = able.toSorted((a, b) => rank(a) - rank(b) || later(a, b))[0];
    if (!best || best.id === last?.id) continue;
    certificates[host] = best.id;
    if (isExpired(best, now)) {
      refused[group] = `the certificate ${best.name} for ${host} expired at ${best.expires}`;
    }
  }
  return { certificates, refused };
}

const RANKS: Record<Offer['kind'], (offer: Offer, own: readonly string[]) => number> = {
  user: ({ owner }, own) => (owner !== undefined && own.includes(owner) ? 0 : 3),
  platform: () => 1,
  acme: () => 2,
  'self-made': () => 20,
};

const isSelfMade = ({ kind }: Offer): boolean => kind === 'self-made';

function covering(byName: Map<string, Offer[]>, host: string): Offer[] {
  const parent = `*${host.slice(host.indexOf('.'))}`;
  const wider = host.startsWith('*.') ? [] : (byName.get(parent) ?? []);
  return [...new Set([...(byName.get(host) ?? []), ...wider])];
}

function isExpired({ expires }: Offer, now: number): boolean {
  return Date.parse(expires) <= now;
}

/** The longer one first; ids last, so that all routers agree. */
function later(a: Offer, b: Offer): number {
  return b.expires.localeCompare(a.expires) || a.id.localeCompare(b.id);
}
