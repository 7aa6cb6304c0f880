// Which domains need a certificate that the platform gets by itself, and when. Pure.

import type { AcmeOrder } from '../../model/acme.ts';
import { customDomainProblem } from '../view.ts';

export interface AcmeWorld {
  /** The platform's domain. */
  platform: string;
  domains: { domain: string; app: string }[];
  /** Ids of the apps that exist, and those of them that want none. */
  apps: ReadonlySet<string>;
  unwilling: ReadonlySet<string>;
  /** Names that valid certificates of users and operators cover. */
  covered: (domain: string) => boolean;
  /** Is there a way to make DNS records? Names with a star need one. */
  hasDns: boolean;
  orders: ReadonlyMap<string, AcmeOrder>;
  /** ms since 1970. */
  now: number;
}

export interface Due {
  domain: string;
  reason: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** After the n-th failure in a row: 5, 10, 20 … minutes, at most a day. Authorities count failures, too. */
const FIRST_PAUSE_MS = 5 * MINUTE_MS;

/** What to order now: first those that have nothing. */
export function planOrders(world: AcmeWorld): Due[] {
  const due: Due[] = [];
  for (const domain of wantedDomains(world)) {
    const order = world.orders.get(domain);
    const reason = reasonFor(domain, order, world.now);
    if (reason) due.push({ domain, reason });
  }
  const hasOne = ({ domain }: Due): number => (world.orders.get(domain)?.certificate ? 1 : 0);
  return due.toSorted((a, b) => hasOne(a) - hasOne(b) || a.domain.localeCompare(b.domain));
}

/** Orders of domains that are gone: their records may go. */
export function forgottenOrders(world: AcmeWorld): string[] {
  const wanted = new Set(wantedDomains(world));
  return [...world.orders.keys()].filter((domain) => !wanted.has(domain) && !world.covered(domain));
}

function wantedDomains({
  platform,
  domains,
  apps,
  unwilling,
  covered,
  hasDns,
}: AcmeWorld): string[] {
  const own = domains
    .filter(({ app }) => apps.has(app) && !unwilling.has(app))
    .map(({ domain }) => domain)
    .filter((domain) => customDomainProblem(domain, platform) === undefined);
  return [...own, `*.${platform}`]
    .filter((domain) => hasDns || !domain.startsWith('*.'))
    .filter((domain) => !covered(domain));
}

function reasonFor(domain: string, order: AcmeOrder | undefined, now: number): string | undefined {
  if (order?.retry !== undefined && Date.parse(order.retry) > now) return undefined;
  if (!order?.certificate || !order.begins || !order.expires) return 'it has no certificate';
  return renewAt(domain, order.begins, order.expires) <= now
    ? `its certificate expires at ${order.expires}`
    : undefined;
}

/** After two thirds of its life, and up to a tenth of its life later: domains that were ordered together part. ms since 1970. */
export function renewAt(domain: string, begins: string, expires: string): number {
  const [begin, end] = [Date.parse(begins), Date.parse(expires)];
  return begin + (end - begin) * (2 / 3 + 0.1 * fraction(domain));
}

/** ISO 8601: when to try again after so many failures in a row. */
export function retryAt(domain: string, failures: number, now: number): string {
  const pause = Math.min(DAY_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20));
  return new Date(now + pause * (1 + 0.2 * fraction(domain))).toISOString();
}

/** 0 to 1, always the same for a text (FNV-1a, 32 bits). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return hash / 0xffffffff;
}
