// The network of a local cluster on the box: bridge, packet rules, forwarding. Made by `up`, gone after `down`.
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import {
  deleteLink,
  ensureBridge,
  findLink,
  ownerAddress,
  routedNetworks,
} from '../../adapters/bridge.ts';
import { exclusively } from '../../adapters/exclusive.ts';
import { ensureRules, removeRules } from '../../adapters/firewall.ts';
import { DeisError } from '../../model/errors.ts';
import {
  SLOTS,
  bridgeName,
  clusterRange,
  firewallRules,
  gatewayAddress,
  ownerMark,
  ruleMark,
} from './address-plan.ts';
import { clusterPaths, clusterNames, findRecord, type ClusterRecord } from './record.ts';

const FORWARDING = '/proc/sys/net/ipv4/ip_forward';
/** Remembers, until the last local cluster of the box is gone, that forwarding was off before the first. */
const MARKS = '/run/deis-local';
const WAS_OFF = `${MARKS}/forwarding-was-off`;

/** Reserves a free slot by making its bridge. Throws DeisError 'unavailable' when all are taken. */
export async function reserveSlot(
  root: string,
  cluster: string,
  signal: AbortSignal,
): Promise<number> {
  const mark = ownerMark(cluster, clusterPaths(root, cluster).folder);
  const taken = new Set(await routedNetworks(signal));
  const stopped = await recordedSlots(root);
  for (let slot = 0; slot < SLOTS; slot++) {
    const link = await findLink(bridgeName(slot), signal);
    // A bridge of ours without a record is what an interrupted first `up` left.
    const ours = link?.address === ownerAddress(mark);
    const free = !link && !stopped.has(slot) && !taken.has(clusterRange(slot));
    if (!ours && !free) continue;
    const address = `${gatewayAddress(slot)}/24`;
    if (await ensureBridge(bridgeName(slot), address, mark, signal)) return slot;
  }
  throw new DeisError(
    'unavailable',
    'Every address range for local clusters (10.77.0.0/24 to 10.77.200.0/24) is taken.',
    'Remove a cluster with: deisctl local down --name=NAME',
  );
}

/** Brings bridge, rules and forwarding to where they should be. Throws DeisError 'conflict' when somebody else has the bridge now. */
export async function ensureNetwork(
  root: string,
  record: ClusterRecord,
  signal: AbortSignal,
): Promise<void> {
  const { slot, name } = record;
  const mark = ownerMark(name, clusterPaths(root, name).folder);
  if (!(await ensureBridge(bridgeName(slot), `${gatewayAddress(slot)}/24`, mark, signal))) {
    const owner = (await findLink(bridgeName(slot), signal))?.alias;
    throw new DeisError(
      'conflict',
      `The network ${bridgeName(slot)} of cluster "${name}" now belongs to ${owner || 'something else'}.`,
      `Stop that one first, or start anew with: deisctl local down --name=${name}`,
    );
  }
  await oneAtATime(allowForwarding, signal);
  await ensureRules(firewallRules(slot), ruleMark(name), signal);
}

/** Removes them. The bridge goes last: while it stands, the slot is ours. */
export async function removeNetwork(
  root: string,
  record: Pick<ClusterRecord, 'name' | 'slot'>,
  signal: AbortSignal,
): Promise<void> {
  const { slot, name } = record;
  await removeRules(firewallRules(slot), ruleMark(name), signal);
  const mark = ownerMark(name, clusterPaths(root, name).folder);
  if ((await findLink(bridgeName(slot), signal))?.address === ownerAddress(mark)) {
    await deleteLink(bridgeName(slot), signal);
  }
  await oneAtATime(restoreForwarding, signal);
}

/** Forwarding belongs to all clusters of the box: one may not switch it off while another switches it on. */
async function oneAtATime(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  await exclusively('deis-local-forwarding', () => undefined, work, signal);
}

async function allowForwarding(): Promise<void> {
  if ((await readFile(FORWARDING, 'utf8')).trim() === '1') return;
  await mkdir(MARKS, { recursive: true });
  await writeFile(WAS_OFF, '');
  await writeFile(FORWARDING, '1');
}

async function restoreForwarding(): Promise<void> {
  const bridges = (await readdir('/sys/class/net')).filter((link) => /^deis[0-9]+$/.test(link));
  if (bridges.length > 0 || !existsSync(WAS_OFF)) return;
  await writeFile(FORWARDING, '0');
  await rm(MARKS, { recursive: true });
}

async function recordedSlots(root: string): Promise<Set<number>> {
  const records = await Promise.all(
    (await clusterNames(root)).map((name) => findRecord(root, name)),
  );
  return new Set(records.flatMap((record) => (record ? [record.slot] : [])));
}
