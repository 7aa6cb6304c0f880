// Names and addresses of a local cluster: pure arithmetic on its slot (which bridge and range it has) and a machine's number.
import { DeisError } from '../../model/errors.ts';
import type { Rule } from '../../adapters/firewall.ts';

/** Slots 0…200: range 10.77.<slot>.0/24. */
export const SLOTS = 201;
const NAME = /^[a-z][a-z0-9-]{0,30}$/;

/** What is wrong with a cluster's name, or undefined. */
export function clusterNameProblem(name: string): string | undefined {
  if (NAME.test(name) && !name.endsWith('-')) return undefined;
  return `"${name}" is no cluster name: use a letter first, then letters, digits and dashes, at most 31`;
}

/** `deis3`: the bridge, and the top control group, of slot 3. */
export const bridgeName = (slot: number) => `deis${slot}`;
export const gatewayAddress = (slot: number) => `10.77.${slot}.1`;
export const clusterRange = (slot: number) => `10.77.${slot}.0/24`;

/** Unique on the box and at most 15 characters: nspawn's machine name and the cable's outer end. */
export const machineLabel = (slot: number, number: number) => `deis${slot}-${number}`;
export const machineName = (cluster: string, number: number) => `${cluster}-${number}`;
export const machineAddress = (slot: number, number: number) => `10.77.${slot}.${10 + number}`;
export const machineGroup = (slot: number, number: number) => `deis${slot}/m${number}`;
export const doorsGroup = (slot: number) => `deis${slot}/doors`;

/** The machines (by number, from 1) that carry an etcd member: an odd number, three at most here. */
export function etcdMembers(machines: number): number[] {
  return machines < 3 ? [1] : [1, 2, 3];
}

/** Who carries a member now: what was decided when machines came and went, else the rule for a new cluster. */
export function memberNumbers(record: {
  members?: readonly number[] | undefined;
  machines: readonly unknown[];
}): readonly number[] {
  return record.members ?? etcdMembers(record.machines.length);
}

/** Mark on everything the cluster makes outside its folder. */
export const ownerMark = (cluster: string, folder: string) => `deis:${cluster}:${folder}`;
export const ruleMark = (cluster: string) => `deis:${cluster}`;

/** Machines reach each other (a Docker on the box may forbid forwarding) and, masqueraded, the world. */
export function firewallRules(slot: number): Rule[] {
  const bridge = bridgeName(slot);
  const outward = ['-s', clusterRange(slot), '!', '-o', bridge, '-j', 'MASQUERADE'];
  return [
    { table: 'filter', chain: 'FORWARD', spec: ['-i', bridge, '-j', 'ACCEPT'] },
    { table: 'filter', chain: 'FORWARD', spec: ['-o', bridge, '-j', 'ACCEPT'] },
    { table: 'nat', chain: 'POSTROUTING', spec: outward },
  ];
}

const UNITS: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `8G`, `512M` → bytes. Throws DeisError 'invalid' for anything else and for less than 64 MB. */
export function diskBytes(text: string): number {
  const match = /^([1-9][0-9]*)([KMGT]?)B?$/i.exec(text);
  const bytes = match ? Number(match[1]) * UNITS[match[2]!.toUpperCase()]! : 0;
  if (bytes < 64 * 2 ** 20) {
    throw new DeisError('invalid', `"${text}" is no disk size.`, 'Say for example 8G or 512M.');
  }
  return bytes;
}
