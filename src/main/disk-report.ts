// What a machine tells of its disks: its engine's, and its registry replica's if one runs here.

import { readReplicaReport } from '../adapters/registry-report.ts';
import type { AskerTls } from '../adapters/tls-beside-plain.ts';
import type { Tidy } from '../agent/garbage/tidy.ts';
import type { DiskReport } from '../model/disk-report.ts';

const REGISTRY_PORT = 5000;

export async function diskReport(
  tidy: Tidy,
  ip: string,
  tls: AskerTls,
  signal: AbortSignal,
): Promise<DiskReport> {
  const [own, registry] = await Promise.all([
    tidy.report(signal),
    readReplicaReport(`${ip}:${REGISTRY_PORT}`, tls, signal),
  ]);
  return { ...own, ...(registry && { registry }) };
}
