// What the store says, read from one member: with a majority behind it if there is one, else as that member has it.

import {
  type MemberReader,
  memberReader,
  type MemberWay,
} from '../../adapters/etcd-member-look.ts';
import { keyProblem, readChain } from '../../adapters/x509.ts';
import type { Records, StoredCertificate } from '../../doctor/facts.ts';
import type { Entry } from '../../ports/store.ts';
import type { KeyFamily } from '../../registry/family.ts';
import { keys } from '../../registry/keys.ts';
import { type Held, listing } from '../../registry/registry.ts';

/** Where apps live when no domain was ever set (router/sources.ts). */
const FIRST_DOMAIN = 'paas.localhost';

/** Rejects when the member does not let us read. */
export async function readRecords(
  endpoint: string,
  serializable: boolean,
  way: MemberWay,
  signal: AbortSignal,
): Promise<Records> {
  const member = await memberReader(endpoint, way);
  try {
    return await recordsOf(member, serializable, signal);
  } finally {
    member.close();
  }
}

async function recordsOf(
  member: MemberReader,
  serializable: boolean,
  signal: AbortSignal,
): Promise<Records> {
  const malformed: string[] = [];
  const entries = async (prefix: string): Promise<Entry[]> => {
    return (await member.read(prefix, serializable, signal)).entries;
  };
  const all = async <T>(family: KeyFamily<T>, ...ids: string[]): Promise<Held<T>[]> => {
    const found = listing(family, await entries(family.under(...ids)), 0);
    malformed.push(...found.malformed);
    return found.items;
  };
  const [machines, alive, lost, orders, states, placements, unschedulable, leaders] =
    await Promise.all([
      all(keys.machines),
      all(keys.alive),
      all(keys.lost),
      all(keys.orders),
      all(keys.states),
      all(keys.placements),
      all(keys.unschedulable),
      all(keys.leaders),
    ]);
  const [platform, apps, foreign, routersAlive, applied, services, known, deployments] =
    await Promise.all([
      all(keys.platformUnits),
      all(keys.appUnits),
      all(keys.foreignUnits),
      all(keys.routerAlive),
      all(keys.routerApplied),
      all(keys.services),
      all(keys.apps),
      all(keys.deployments),
    ]);
  const [domains, certs, ofPlatform, ofRouter, ofController] = await Promise.all([
    all(keys.domains),
    all(keys.certs),
    all(keys.settings, 'platform'),
    all(keys.settings, 'router'),
    all(keys.settings, 'controller'),
  ]);
  const setting = (list: readonly Held<string>[], name: string): string | undefined =>
    list.find(({ ids }) => ids[1] === name)?.value;
  const leader = leaders.find(({ ids }) => ids[0] === 'scheduler')?.value;
  return {
    machines: values(machines),
    alive: alive.map(({ ids }) => ids[0]!),
    lost: byId(lost),
    orders: byId(orders),
    wanted: [platform, apps, foreign].flatMap(values),
    states: states.map(({ ids, value }) => ({ machine: ids[0]!, unit: ids[1]!, state: value })),
    placements: placements.map(({ ids, value }) => {
      return { machine: ids[0]!, unit: ids[1]!, placement: value };
    }),
    unschedulable: byId(unschedulable),
    ...(leader !== undefined && { leader }),
    routersAlive: routersAlive.map(({ ids }) => ids[0]!),
    applied: byId(applied),
    upstreams: services.map(({ ids, value, modRevision }) => {
      return { app: ids[0]!, unit: ids[1]!, address: value.trim(), revision: modRevision };
    }),
    apps: known.map(({ ids }) => ids[0]!),
    deployments: values(deployments),
    domains: domains.map(({ ids, value, createRevision: revision }) => {
      const [domain] = ids as [string];
      return { domain, app: value.app, key: keys.domains.key(domain), revision };
    }),
    certificates: [
      ...certs.map(({ ids, value }) => ({ name: ids[0]!, expires: value.expires })),
      ...operatorsOwn(setting(ofRouter, 'sslCert'), setting(ofRouter, 'sslKey')),
    ],
    domain: setting(ofPlatform, 'domain')?.trim().toLowerCase() ?? FIRST_DOMAIN,
    subdomain: setting(ofController, 'subdomain') ?? 'deis',
    malformed,
  };
}

/** The certificate for all hosts that `deisctl config router set sslCert=… sslKey=…` keeps. */
function operatorsOwn(pem: string | undefined, key: string | undefined): StoredCertificate[] {
  if (pem === undefined && key === undefined) return [];
  const about = { name: 'router/sslCert', setting: 'sslCert' };
  const never = new Date(8.64e15).toISOString();
  if (pem === undefined) return [{ ...about, expires: never, keyProblem: 'sslCert is not set' }];
  const chain = readChain(pem);
  if ('problem' in chain) return [{ ...about, expires: never, keyProblem: chain.problem }];
  const { expires } = chain.facts;
  // A sealed one only routers can open: they say what is wrong with it (`refused`).
  const isPlain = key?.includes('-----BEGIN') === true;
  const problem =
    key === undefined ? 'sslKey is not set' : isPlain ? keyProblem(pem, key) : undefined;
  return [{ ...about, expires, ...(problem !== undefined && { keyProblem: problem }) }];
}

function values<T>(items: readonly Held<T>[]): T[] {
  return items.map(({ value }) => value);
}

function byId<T>(items: readonly Held<T>[]): Record<string, T> {
  return Object.fromEntries(items.map(({ ids, value }) => [ids[0]!, value]));
}
