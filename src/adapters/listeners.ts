// Who listens on TCP ports of this host: proc(5), net/tcp for the ports and every process's open files for the owners.

import { readdir, readFile, readlink } from 'node:fs/promises';
import type { ExaminedListener } from '../model/examination.ts';

const LISTEN = '0A';

/** Only of these ports. A listener whose process has just ended is left out. */
export async function listenersOn(ports: ReadonlySet<number>): Promise<ExaminedListener[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(read));
  const sockets = new Map<string, number>();
  for (const [inode, port] of tables.flatMap(listening)) {
    if (ports.has(port)) sockets.set(`socket:[${inode}]`, port);
  }
  const found: ExaminedListener[] = [];
  if (sockets.size === 0) return found;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const port of await portsOf(pid, sockets)) found.push(await describe(Number(pid), port));
  }
  return found;
}

/** Rows of /proc/net/tcp that listen, as [inode, port]. */
export function listening(table: string): [inode: string, port: number][] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN)
    .map((fields) => [fields[9]!, Number.parseInt(fields[1]!.split(':')[1]!, 16)]);
}

/** Id of the container in whose control group a process is. */
export function containerOfGroup(text: string): string | undefined {
  return /(?:docker[-/])([0-9a-f]{64})/.exec(text)?.[1];
}

async function portsOf(pid: string, sockets: ReadonlyMap<string, number>): Promise<number[]> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []); // it has ended
  const links = await Promise.all(
    files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')),
  );
  return [...new Set(links.flatMap((link) => sockets.get(link) ?? []))];
}

async function describe(pid: number, port: number): Promise<ExaminedListener> {
  const [group, command] = await Promise.all([
    read(`/proc/${pid}/cgroup`),
    read(`/proc/${pid}/comm`),
  ]);
  const container = containerOfGroup(group);
  const service = container === undefined ? /\/([^/\n]+\.service)/.exec(group)?.[1] : undefined;
  return {
    port,
    pid,
    command: command.trim(),
    ...(container !== undefined && { container }),
    ...(service !== undefined && { service }),
  };
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => ''); // no IPv6, or the process has ended
}
