// Gathers all facts about a cluster within seconds, whatever of it is broken: members of etcd and the store's records first, then
// every machine at once, each with its own deadlines.

import { examineCertificate } from '../../adapters/certificate-files.ts';
import type { MemberWay } from '../../adapters/etcd-member-look.ts';
import type { MachineClient } from '../../adapters/machine-client.ts';
import type { Dial } from '../../adapters/tcp-reach.ts';
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
  client: MachineClient;
  through?: Dial | undefined;
  /** Files of the operator's own pair, and of the authority; absent: lent by the machine at the tunnel's end. */
  files: { ca: string; cert: string; key: string } | undefined;
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
  const { endpoints, files, way } = patient;
  const at = Date.now();
  const operator = files && (await operatorOf(files));
  const [members, power] = await Promise.all([
    lookAtMembers(endpoints, patient, signal),
    patient.power(signal),
  ]);
  const stale = !hasQuorum(members);
  const records = await firstRecords(members, stale, patient, signal);
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
      return lookAtMachine(machine, { ...patient, targets, tried }, signal);
    }),
  );
  return {
    at,
    way,
    ...(operator && { operator }),
    members,
    ...(records && { records, stale }),
    machines,
  };
}

function operatorOf({
  ca,
  cert,
  key,
}: NonNullable<Patient['files']>): Promise<ExaminedCertificate> {
  return examineCertificate({ name: 'operator', certificate: cert, key, ca });
}

/** From the member that knows most; undefined when none lets us read. */
async function firstRecords(
  members: readonly MemberFact[],
  stale: boolean,
  way: MemberWay,
  signal: AbortSignal,
): Promise<Records | undefined> {
  for (const { endpoint } of readable(members)) {
    try {
      return await readRecords(endpoint, stale, way, signal);
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
  for (const { name, ip, id, hostKeys } of records?.machines ?? []) {
    byIp.set(ip, { name, ip, id, ...(hostKeys && { hostKeys }) });
  }
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
