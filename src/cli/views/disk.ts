// `deisctl disk`: what each machine's disks hold, and what goes; pure.

import { type DiskReport, type Lying, percentUsed } from '../../model/disk-report.ts';
import { table } from '../table.ts';

/** One element of `deisctl disk --json`: the machine's own report, or why there is none. */
export type DiskRow = { machine: string } & (DiskReport | { unreachable: string });

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** `1.2 GB`, by thousands as df -H does. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

export function diskLines(rows: readonly DiskRow[]): string[] {
  const known = rows.filter((row) => !('unreachable' in row)) as ({
    machine: string;
  } & DiskReport)[];
  return [
    ...table([
      ['MACHINE', 'DISK', 'SIZE', 'USED', 'OURS', 'SPARE', 'OTHERS', 'GOES'],
      ...known.flatMap(machineRows),
    ]),
    ...rows.flatMap((row) => ('unreachable' in row ? [`${row.machine}: ${row.unreachable}`] : [])),
    ...known.flatMap(problems),
    ...goingLines(known),
  ];
}

function machineRows({ machine, path, disk, lying, registry }: DiskRow & DiskReport): string[][] {
  const sum = (...fates: Lying['fate'][]): string =>
    bytesText(
      lying.reduce((total, { fate, size }) => total + (fates.includes(fate) ? size : 0), 0),
    );
  const engine = [
    machine,
    path,
    bytesText(disk.size),
    `${percentUsed(disk)} %`,
    sum('stays'),
    sum('spare'),
    sum('other'),
    sum('goes'),
  ];
  if (!registry) return [engine];
  const { garbage } = registry;
  const stored = [
    machine,
    registry.storage === 'bucket' ? 'registry (bucket)' : 'registry',
    bytesText(registry.disk.size),
    `${percentUsed(registry.disk)} %`,
    garbage ? `${garbage.stays.length} images` : '-',
    '-',
    '-',
    garbage ? bytesText(garbage.bytes) : '-',
  ];
  return [engine, stored];
}

function problems({ machine, problem, registry }: DiskRow & DiskReport): string[] {
  const lost = registry?.lost ?? [];
  return [
    ...(problem === undefined ? [] : [`${machine}: ${problem}`]),
    ...(registry?.problem === undefined ? [] : [`${machine}: registry: ${registry.problem}`]),
    ...lost.map((image) => `${machine}: registry: no replica has ${image}`),
  ];
}

function goingLines(rows: readonly (DiskRow & DiskReport)[]): string[] {
  const going = rows.flatMap(({ machine, lying, registry }) => [
    ...lying
      .filter(({ fate }) => fate === 'goes')
      .map(({ kind, name, size, reason }) => [machine, kind, name, bytesText(size), reason]),
    ...(registry?.garbage?.goes ?? []).map(({ image, reason }) => [
      machine,
      'registry',
      image,
      '',
      reason,
    ]),
  ]);
  if (going.length === 0) return ['Nothing goes.'];
  return ['', 'Goes at the next look:', ...table(going)];
}
