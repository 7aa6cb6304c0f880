// Room on the machines' disks, in bytes and in inodes.

import type { ExaminedDisk } from '../../model/examination.ts';
import { type Chart, enumerate } from '../chart.ts';
import { type Finding, finding } from '../finding.ts';

const FULL_SHARE = 0.03;
/** With so many bytes free no disk is full, whatever its size. */
const ENOUGH = 5 * 2 ** 30;
const INODES_SHARE = 0.02;

export function checkDisks(chart: Chart): Finding[] {
  return chart.examined().flatMap(({ name, disks }) => {
    const full = disks.filter(({ size, free }) => free < ENOUGH && free < size * FULL_SHARE);
    const spent = disks.filter(
      ({ inodes, inodesFree }) => inodes > 0 && inodesFree < inodes * INODES_SHARE,
    );
    return [
      ...full.map((disk) => fullDisk(chart, name, disk)),
      ...spent.map((disk) => spentInodes(chart, name, disk)),
    ];
  });
}

function fullDisk(chart: Chart, machine: string, disk: ExaminedDisk): Finding {
  const { path, size, free, holds, largest = [] } = disk;
  const ofLogs = holds.every((folder) => folder.startsWith('/var/log'));
  const named = largest.map((file) => `${file.path} (${bytes(file.size)})`);
  const lookFor = chart.on(machine, `find ${path} -xdev -type f -size +10M -exec ls -lS {} +`);
  const vacuum = chart.on(machine, 'journalctl --rotate --vacuum-size=64M');
  return finding({
    fault: ofLogs ? 'log-disk-full' : 'disk-full',
    subject: `${machine} ${path}`,
    says: `${ofLogs ? 'the log disk' : 'a disk'} of ${machine} is full: ${path}`,
    because: [
      `${bytes(free)} of ${bytes(size)} are free; it holds ${enumerate(holds)}`,
      ...(named.length > 0 ? [`the largest files: ${enumerate(named)}`] : []),
    ],
    remedy: {
      says:
        named.length > 0
          ? 'Make room: drop old logs, and remove of the largest files what nobody needs.'
          : 'Make room: drop old logs, and look which files are the largest.',
      commands: [
        ...(ofLogs ? [vacuum] : []),
        lookFor,
        ...largest.filter(isStray).map((file) => chart.on(machine, `rm ${file.path}`)),
        ...(holds.includes('/var/lib/docker') ? [chart.deisctl('disk')] : []),
        ...(ofLogs ? [] : [vacuum]),
      ],
    },
    machines: [machine],
  });
}

/** Nothing that a service keeps its data in, and a name that a shell takes as it is. */
function isStray({ path }: { path: string }): boolean {
  const kept =
    /^\/var\/lib\/(?:docker\/[a-z0-9]+\/|etcd\/|deis\/)|^\/(?:usr|bin|lib|opt|boot|proc|dev|etc)\//;
  return !kept.test(path) && /^[\w./@%+-]+$/.test(path);
}

function spentInodes(chart: Chart, machine: string, disk: ExaminedDisk): Finding {
  const { path, inodes, inodesFree, holds } = disk;
  return finding({
    fault: 'inodes-full',
    subject: `${machine} ${path}`,
    says: `a disk of ${machine} has no inodes left: ${path}`,
    because: [
      `${inodesFree} of ${inodes} files are free, whatever room there is; it holds ${enumerate(holds)}`,
    ],
    remedy: {
      says: 'Remove small files by the thousand: the folders with the most of them are shown first.',
      commands: [chart.on(machine, `du --inodes -xS ${path} | sort -rn | head`)],
    },
    machines: [machine],
  });
}

export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  const value = count / 2 ** (10 * step);
  return `${value >= 10 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}
