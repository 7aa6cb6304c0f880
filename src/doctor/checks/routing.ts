// What routers serve against what the store says, and whether what they were told makes sense.

import type { Examination } from '../../model/examination.ts';
import { isReservedAppId } from '../../model/ids.ts';
import { type Chart, enumerate, shortUnit } from '../chart.ts';
import { type Finding, finding } from '../finding.ts';
import { etcdctl } from './daemons.ts';
import { duration } from './machines.ts';
import { isStarting, restart } from './components.ts';

export function checkRouters(chart: Chart): Finding[] {
  if (!chart.facts.records || chart.facts.stale) return [];
  return chart.componentUnits('router').flatMap((unit) => {
    if (unit.desired !== 'launched') return [];
    return chart.statesOf(unit.name).flatMap(({ machine, state }) => {
      if (state.phase !== 'running' || isStarting(chart, machine, state)) return [];
      const because = staleness(chart, machine);
      if (because.length === 0) return [];
      return finding({
        fault: 'router-stale',
        subject: shortUnit(unit.name),
        says: `the router on ${machine} does not follow the store: it may send to what is gone`,
        because,
        remedy: {
          says: 'Start it anew; it opens its doors only with what the store says now.',
          commands: [restart(chart, unit), chart.deisctl(`journal ${shortUnit(unit.name)}`)],
        },
        machines: [machine],
        units: [unit.name],
        settling: true,
      });
    });
  });
}

function staleness(chart: Chart, machine: string): string[] {
  const { records } = chart;
  const id = chart.machine(machine)?.id ?? '';
  const because: string[] = [];
  if (!records.routersAlive.includes(id)) because.push('it has no heartbeat in the store');
  const newest = Math.max(0, ...records.upstreams.map(({ revision }) => revision));
  const applied = records.applied[id];
  if (applied && applied.endpoints < newest) {
    because.push(`it applied revision ${applied.endpoints}, the newest upstream is of ${newest}`);
  }
  const router = chart.machine(machine)?.examination?.router;
  if (router) because.push(...differences(chart, router));
  return because;
}

function differences(chart: Chart, router: NonNullable<Examination['router']>): string[] {
  const published = new Map<string, Set<string>>();
  for (const { app, address } of chart.records.upstreams) {
    published.set(app, (published.get(app) ?? new Set()).add(address));
  }
  const apps = new Set([...Object.keys(router.groups), ...published.keys()]);
  const differing = [...apps].filter((app) => {
    if (isReservedAppId(app) && app !== 'deis') return false;
    const known = new Set(router.groups[app]);
    const right = published.get(app) ?? new Set<string>();
    return known.size !== right.size || [...right].some((address) => !known.has(address));
  });
  if (differing.length === 0) return [];
  const shown = differing.slice(0, 5).join(', ') + (differing.length > 5 ? ', …' : '');
  return [`its upstreams of ${shown} are not the published ones`];
}

/** By `refused` of routers: one finding for each thing, whoever refused it. */
export function checkRefusals(chart: Chart): Finding[] {
  const refusals = new Map<string, { key: string; reason: string; machines: string[] }>();
  for (const [id, { refused }] of Object.entries(chart.records.applied)) {
    for (const [key, reason] of Object.entries(refused)) {
      if (key === '*store' && chart.facts.stale) continue;
      const known = refusals.get(`${key} ${reason}`) ?? { key, reason, machines: [] };
      known.machines.push(chart.nameOf(id));
      refusals.set(`${key} ${reason}`, known);
    }
  }
  return [...refusals.values()].map(({ key, reason, machines }) =>
    finding({
      fault: 'router-refused',
      subject: key,
      says: `routers leave something out: ${wordsOf(key)}: ${reason}`,
      because: [`on ${enumerate(machines.toSorted())}; all else is served as before`],
      remedy: remedyFor(chart, key, reason, machines),
      apps: chart.records.apps.includes(key) ? [key] : [],
      settling: true,
    }),
  );
}

function wordsOf(key: string): string {
  if (key === '*settings') return 'the settings of the router';
  if (key === '*store') return 'the whole store';
  if (key === '*domain') return "the platform's domain";
  return key.replace(/^\*settings /, 'the setting ').replace(/^\*acme /, 'a certificate for ');
}

function remedyFor(chart: Chart, key: string, reason: string, machines: string[]) {
  const [, setting] = /^\*settings (.+)$/.exec(key) ?? [];
  if (setting !== undefined) {
    const says = 'Take the setting back, or give it a value that nginx takes.';
    return { says, commands: [chart.deisctl(`config router rm ${setting}`)] };
  }
  if (key === '*settings') {
    const says = 'Find the setting that nginx names, and take it back.';
    const get = chart.deisctl('config router get');
    return { says, commands: [get, chart.deisctl('config router rm NAME')] };
  }
  if (key === '*store') {
    const says =
      'If this is the right store, say so to the routers; if not, bring the right one back.';
    const accept = 'touch /var/lib/deis/router/accept-store';
    return { says, commands: machines.map((machine) => chart.on(machine, accept)) };
  }
  if (key === '*domain') {
    const says = 'Set a domain that is one.';
    return { says, commands: [chart.deisctl('config platform set domain=apps.example.com')] };
  }
  const [, domain] = /^domain "?([^" ]+)/.exec(reason) ?? [];
  if (domain !== undefined && chart.records.apps.includes(key)) {
    const says = 'Take the domain back.';
    return { says, commands: [`deis domains:remove ${domain} -a ${key}`] };
  }
  const says = 'Change what is refused; nobody else waits for it.';
  return { says, commands: [`deis certs:list`, `deis domains:list -a ${key}`] };
}

/** A host has one app. Records differ by their spelling, or reach into the names that apps have by themselves. */
export function checkDomains(chart: Chart): Finding[] {
  const { domains, apps, domain: platform, subdomain } = chart.records;
  const claims = new Map<
    string,
    { app: string; record?: string; key?: string; revision: number }[]
  >();
  const claim = (
    host: string,
    by: { app: string; record?: string; key?: string; revision: number },
  ) => claims.set(host, [...(claims.get(host) ?? []), by]);
  for (const app of apps) claim(`${app}.${platform}`, { app, revision: 0 });
  claim(`${subdomain}.${platform}`, { app: "the platform's own controller", revision: 0 });
  for (const { domain, app, key, revision } of domains) {
    claim(normal(domain), { app, record: domain, key, revision });
  }
  return [...claims].flatMap(([host, all]) => {
    const owners = [...new Set(all.map(({ app }) => app))];
    const late = all
      .filter(({ record }) => record !== undefined)
      .toSorted((a, b) => b.revision - a.revision)[0];
    if (owners.length < 2 || !late) return [];
    const plain = late.record === host;
    const member = chart.facts.members.find(({ state }) => state === 'leading');
    const at = chart.machineAt(member?.ip ?? '')?.name ?? chart.heard[0]?.name ?? '';
    return finding({
      fault: 'domain-twice',
      subject: host,
      says: `${host} is claimed twice: by ${enumerate(owners)}`,
      because: [`the later claim is ${late.record} of ${late.app}`],
      remedy: {
        says: 'Take the later claim back.',
        commands: [
          ...(plain ? [`deis domains:remove ${host} -a ${late.app}`] : []),
          chart.on(at, etcdctl(`del ${late.key}`)),
        ],
      },
      apps: owners.filter((owner) => apps.includes(owner)),
    });
  });
}

function normal(domain: string): string {
  return domain.trim().toLowerCase().replace(/\.$/, '');
}

/** What routers show to the world. */
export function checkShownCertificates(chart: Chart): Finding[] {
  return chart.records.certificates.flatMap(({ name, expires, keyProblem, setting }) => {
    const late = chart.facts.at - Date.parse(expires);
    const remedy =
      setting === undefined
        ? {
            says: 'Get a new one and add it in its place.',
            commands: [`deis certs:remove ${name}`, `deis certs:add ${name}.crt ${name}.key`],
          }
        : {
            says: 'Set a pair that fits and holds, or take it back: hosts then show one the platform made.',
            commands: [
              chart.deisctl('config router rm sslCert sslKey'),
              chart.deisctl('config router set sslCert=FILE sslKey=FILE'),
            ],
          };
    const shared = { subject: name, remedy };
    if (keyProblem !== undefined) {
      const says = `the certificate ${name} cannot be shown: ${keyProblem}`;
      return finding({ ...shared, fault: 'key-unfit', says, because: ['hosts show another one'] });
    }
    if (!(late > 0)) return [];
    const says = `the certificate ${name} expired ${duration(late)} ago`;
    return finding({ ...shared, fault: 'certificate-expired', says, because: [`on ${expires}`] });
  });
}
