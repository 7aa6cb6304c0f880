// Gathers all facts about a cluster within seconds, whatever of it is broken: members of etcd and the store's records first, then
// every machine at once, each with its own deadlines.

import { examineCertificate } from '../../adapters/certificate-files.ts';
import type { Facts, MemberFact, Records, Way } from '../../doctor/facts.ts';
import { portOf } from '../../doctor/chart.ts';
import type { ExaminedCertificate } from '../../model/examination.ts';
import type { ClientTls } from '../context.ts';
import { lookAtMachine, type Seen, type Sight } from './look-at-machine.ts';
import { hasQuorum, lookAtMembers, readable } from './members.ts';
import { readRecords } from './read-records.ts';

export interface Patient {
  /** Client URLs of all members of etcd. */
  endpoints: readonly string[];
  tls: ClientTls;
  /** Files of the operator's own pair, and of the authority. */
  files: { ca: string; cert: string; key: string };
  way: Way;
  /** Machines that are known without the store. */
  known: readonly Seen[];
  /** Only of a local cluster: by name. */
  power: (signal: AbortSignal) => Promise<Record<string, Seen['power']>>;
  byHand: Sight['byHand'];
}

/** Published upstreams of one machine that others try to reach. */
const UPSTREAMS_TRIED = 6;

export async function gather(patient: Patient, signal: AbortSignal): Promise<Facts> {
  const { endpoints, tls, files, way } = patient;
  const at = Date.now();
  const operator: ExaminedCertificate = await examineCertificate({
    name: 'operator',
    certificate: files.cert,
    key: files.key,
    ca: files.ca,
  });
  const [members, power] = await Promise.all([
    lookAtMembers(endpoints, tls, signal),
    patient.power(signal),
  ]);
  const stale = !hasQuorum(members);
  const records = await firstRecords(members, stale, tls, signal);
  const seen = everybody(patient.known, members, records).map((machine) => {
    const state = power[machine.name];
    return { ...machine, ...(state !== undefined && { power: state }) };
  });
  const doors = doorsOf(seen, members, records);
  const machines = await Promise.all(
    seen.map((machine) => {
      const others = seen.filter(({ ip }) => ip !== machine.ip);
      const targets = others.flatMap(({ ip }) => doors.get(ip) ?? []);
      const tried = doors.get(machine.ip) ?? [];
      return lookAtMachine(machine, { tls, targets, tried, byHand: patient.byHand }, signal);
    }),
  );
  return { at, way, operator, members, ...(records && { records, stale }), machines };
}

/** From the member that knows most; undefined when none lets us read. */
async function firstRecords(
  members: readonly MemberFact[],
  stale: boolean,
  tls: ClientTls,
  signal: AbortSignal,
): Promise<Records | undefined> {
  for (const { endpoint } of readable(members)) {
    try {
      return await readRecords(endpoint, stale, tls, signal);
    } catch {
      signal.throwIfAborted(); // the next one may be better; that none is, is said by their states
    }
  }
  return undefined;
}

function everybody(
  known: readonly Seen[],
  members: readonly MemberFact[],
  records: Records | undefined,
): Seen[] {
  const byIp = new Map<string, Seen>();
  for (const { ip } of members) byIp.set(ip, { name: ip, ip });
  for (const { name, ip, id } of records?.machines ?? []) byIp.set(ip, { name, ip, id });
  for (const machine of known) byIp.set(machine.ip, machine);
  return [...byIp.values()].toSorted((a, b) =>
    a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
}

/** Ports of each machine that the others must reach, by its address. */
function doorsOf(
  machines: readonly Seen[],
  members: readonly MemberFact[],
  records: Records | undefined,
): Map<string, string[]> {
  return new Map(
    machines.map(({ ip }) => {
      const member = members.find((one) => one.ip === ip);
      const store = member ? [`${ip}:${portOf(new URL(member.endpoint).host)}`, `${ip}:2380`] : [];
      const upstreams = (records?.upstreams ?? [])
        .map(({ address }) => address)
        .filter((address) => address.startsWith(`${ip}:`));
      const some = [...new Set(upstreams)].slice(0, UPSTREAMS_TRIED);
      return [ip, [`${ip}:7600`, ...store, ...some]];
    }),
  );
}
