// What holds for the requests of each app: its own routing settings over those of the router.

import { affinityOf, bytesOf, routingProblem, secondsOf } from '../model/app-routing.ts';
import { parseWhitelist } from '../model/network.ts';
import type { Policy } from '../ports/web-server.ts';
import { CONTROLLERS } from './view.ts';

export interface Policies {
  policies: Record<string, Policy>;
  refused: Record<string, string>;
}

/** `routing`: settings by app, as stored; `values` as readSettings gives them. Groups without anything to say have no policy. */
export function policiesOf(
  groups: readonly string[],
  routing: ReadonlyMap<string, Record<string, string>>,
  values: Record<string, string>,
): Policies {
  const policies: Record<string, Policy> = {};
  const refused: Record<string, string> = {};
  const base = forAll(values);
  for (const group of groups) {
    const { own, problem } = ownPolicy(routing.get(group) ?? {});
    if (problem) refused[group] = problem;
    const policy =
      group === CONTROLLERS ? { ...onlyHttps(base), ...controllers(values) } : { ...base, ...own };
    if (Object.keys(policy).length > 0) policies[group] = policy;
  }
  for (const group of beyondRoom(policies)) {
    policies[group] = { ...policies[group], maintenance: '' };
    refused[group] = 'maintenancePage: there is no room for it, the plain page is shown';
  }
  return { policies, refused };
}

/** Bytes of all maintenance pages, as they travel: the routes of all apps share 64 MiB, the newest and the ones before. */
const ROOM_FOR_PAGES = 8 * 1024 * 1024;

/** Groups whose page is left out: the largest go first, so that nobody can take the room of the small ones. */
function beyondRoom(policies: Readonly<Record<string, Policy>>): string[] {
  const pages = Object.entries(policies)
    .filter(([, { maintenance }]) => maintenance)
    .map(([group, { maintenance }]) => ({ group, bytes: encodeURIComponent(maintenance!).length }))
    .toSorted((a, b) => a.bytes - b.bytes || a.group.localeCompare(b.group));
  let sum = 0;
  return pages.filter(({ bytes }) => (sum += bytes) > ROOM_FOR_PAGES).map(({ group }) => group);
}

/** Must requests of such a group be looked at before they go on? `needs_gate` of views.lua says the same. */
export function needsGate({ body, allow, maintenance, https, auth }: Policy): boolean {
  return [body, allow, maintenance, https, auth].some((wish) => wish !== undefined);
}

/** v1: HSTS brings the redirect with it unless somebody says otherwise. */
function forAll(values: Record<string, string>): Policy {
  const https = (values['enforceHTTPS'] || values['hstsEnabled']) === 'true';
  const argument = values['affinityArg'];
  return {
    ...(https ? { https: true } : {}),
    ...(values['enforceWhitelist'] === 'true' ? { allow: [] } : {}),
    ...(argument ? { affinity: { kind: 'arg', name: argument } } : {}),
  };
}

const onlyHttps = ({ https }: Policy): Policy => (https ? { https } : {});

function controllers(values: Record<string, string>): Policy {
  const list = parseWhitelist(values['controllerWhitelist'] ?? '');
  return {
    connect: Number(values['controllerTimeoutConnect']),
    send: Number(values['controllerTimeoutSend']),
    read: Number(values['controllerTimeoutRead']),
    ...('networks' in list ? { allow: list.networks } : {}),
  };
}

const soundPage = (page: string): string =>
  routingProblem('maintenancePage', page) === undefined ? page : '';

/** What each row of ROUTING_SETTINGS means. `maintenancePage` and `acme` say nothing by themselves. */
const MEANINGS: Record<string, (value: string, all: Record<string, string>) => Policy> = {
  bodySize: (value) => ({ body: bytesOf(value) ?? 0 }),
  connectTimeout: (value) => ({ connect: secondsOf(value) ?? 1 }),
  sendTimeout: (value) => ({ send: secondsOf(value) ?? 1 }),
  readTimeout: (value) => ({ read: secondsOf(value) ?? 1 }),
  affinity: (value) => ({ affinity: affinityOf(value) ?? { kind: 'off', name: '' } }),
  whitelist(value) {
    const list = parseWhitelist(value);
    return { allow: 'networks' in list ? list.networks : [] };
  },
  maintenance: (value, all) =>
    value === 'on' ? { maintenance: soundPage(all['maintenancePage'] ?? '') } : {},
  enforceHttps: (value) => (value === 'on' ? { https: true } : {}),
  basicAuth: (value) => ({ auth: value }),
};

/** A setting that is not understood is left out and named – but one that keeps people out lets nobody in. */
function ownPolicy(settings: Record<string, string>): { own: Policy; problem?: string } {
  const own: Policy = {};
  const problems: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    const problem = name === 'basicAuth' ? authProblem(value) : routingProblem(name, value);
    if (problem) problems.push(problem);
    if (problem && (name === 'basicAuth' || name === 'whitelist')) own.allow = [];
    if (!problem && Object.hasOwn(MEANINGS, name)) {
      const { allow, ...rest } = MEANINGS[name]!(value, settings);
      Object.assign(own, rest, allow && !own.allow ? { allow } : {});
    }
  }
  return problems.length > 0 ? { own, problem: problems.join('; ') } : { own };
}

const AUTH = /^[^:\s]{1,64}:pbkdf2-sha256:[1-9]\d{2,6}:(?:[0-9a-f]{2}){8,64}:[0-9a-f]{64}$/;

function authProblem(value: string): string | undefined {
  return AUTH.test(value) && value.isWellFormed()
    ? undefined
    : 'basicAuth: the stored hash is not one of ours';
}
