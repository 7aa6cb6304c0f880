// What an app may change about the way to it: the settings of `deis routing:set`, each with its meaning and its check.
// To add one: a row here, what it means in router/policy.ts, a line in templates/router, a row in the test.

import { parseWhitelist } from './network.ts';

/** Per app; values as they were given, except `basicAuth`: `user:<hash>`. */
export interface AppRouting {
  app: string;
  settings: Record<string, string>;
  updated: string;
}

export interface RoutingSetting {
  name: string;
  /** For people: what it does, and what a value looks like. */
  about: string;
  expected: string;
  /** Is this a value? */
  accepts: (text: string) => boolean;
}

const onOff = (text: string): boolean => text === 'on' || text === 'off';
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,60}$/;
/** Bytes; a page travels with the routes. */
const LARGEST_PAGE = 16_384;

export const ROUTING_SETTINGS: readonly RoutingSetting[] = [
  row('bodySize', 'largest request body; 0: no limit', 'a size such as 20m', isSize),
  row('connectTimeout', 'time to connect to a container', 'a time such as 2s', isTime),
  row('sendTimeout', 'longest pause while a request is sent', 'a time such as 60s', isTime),
  row('readTimeout', 'longest pause while an answer is read', 'a time such as 20m', isTime),
  row(
    'affinity',
    'requests with the same value of this go to the same container',
    'cookie:<name>, arg:<name>, header:<name>, ip or off',
    isAffinity,
  ),
  row(
    'whitelist',
    'only these may use the app',
    'addresses or ranges: 10.1.2.3,10.2.0.0/16',
    (text) => 'networks' in parseWhitelist(text),
  ),
  row('maintenance', 'answer 503 with the maintenance page', 'on or off', onOff),
  row('maintenancePage', 'HTML of that page', `HTML of at most ${LARGEST_PAGE} bytes`, isPage),
  row('enforceHttps', 'redirect http to https', 'on or off', onOff),
  row('basicAuth', 'name and password to ask for', '<name>:<password>', (text) =>
    /^[^:\s\p{Cc}]{1,64}:[^\p{Cc}]{1,256}$/u.test(text),
  ),
  row('acme', 'get certificates for its domains automatically', 'on or off', onOff),
];

function row(
  name: string,
  about: string,
  expected: string,
  accepts: RoutingSetting['accepts'],
): RoutingSetting {
  return { name, about, expected, accepts };
}

function isSize(text: string): boolean {
  return bytesOf(text) !== undefined;
}

function isTime(text: string): boolean {
  return secondsOf(text) !== undefined;
}

function isAffinity(text: string): boolean {
  return affinityOf(text) !== undefined;
}

function isPage(text: string): boolean {
  return text !== '' && new TextEncoder().encode(text).length <= LARGEST_PAGE;
}

/** `10m` → bytes; as many as numbers can tell apart, which nginx can too. */
export function bytesOf(text: string): number | undefined {
  const match = /^(\d{1,12})([kKmMgG])?$/.exec(text);
  if (!match) return undefined;
  const factor = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[match[2]?.toLowerCase() ?? ''] ?? 1;
  const bytes = Number(match[1]) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `90`, `90s`, `20m`, `1h` → seconds, at least 1. */
export function secondsOf(text: string): number | undefined {
  const match = /^([1-9]\d{0,6})([smh])?$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * ({ s: 1, m: 60, h: 3600 }[match[2] ?? 's'] ?? 1);
}

export interface Affinity {
  kind: 'cookie' | 'arg' | 'header' | 'ip' | 'off';
  /** Empty for `ip` and `off`. */
  name: string;
}

export function affinityOf(text: string): Affinity | undefined {
  if (text === 'ip' || text === 'off') return { kind: text, name: '' };
  const [kind, name = ''] = text.split(':');
  if (kind !== 'cookie' && kind !== 'arg' && kind !== 'header') return undefined;
  return NAME.test(name) ? { kind, name } : undefined;
}

/** What is wrong with a setting, or undefined. */
export function routingProblem(name: string, value: string): string | undefined {
  const setting = ROUTING_SETTINGS.find((one) => one.name === name);
  if (!setting) {
    const names = ROUTING_SETTINGS.map((one) => one.name).join(', ');
    return `${JSON.stringify(name.slice(0, 60))} is not a routing setting; there are ${names}`;
  }
  // Half a character of UTF-16, which JSON can carry, is no text: nobody could write it down again.
  if (value.isWellFormed() && setting.accepts(value)) return undefined;
  return `${name}: ${JSON.stringify(value.slice(0, 60))} is not ${setting.expected}`;
}
