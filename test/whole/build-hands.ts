// What tests of builds need around them: a world outside the machines, a git server with a buildpack of somebody else, and a
// program that says what it can reach.

import { execFileSync } from 'node:child_process';
import { cpSync, createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { TestCluster } from './cluster.ts';

/** A Node program: connects to each `host:port` and says `open` or `closed` (refused, or no answer in time). */
export const PROBE = `const net = require('net');
Promise.all(process.argv.slice(2).map((target) => new Promise((done) => {
  const [host, port] = target.split(':');
  const socket = net.connect({ host, port: Number(port) });
  const end = (word) => { socket.destroy(); done(target + ' ' + word); };
  socket.setTimeout(3000, () => end('closed'));
  socket.on('connect', () => end('open')).on('error', () => end('closed'));
}))).then((lines) => console.log(lines.join('\\n')));
`;

export interface Surroundings {
  /** `host:port` of the platform's inner doors, on this machine and on others. */
  forbidden: string[];
  /** Routers, and a server outside the machines. */
  allowed: string[];
}

/** With a server on the box, which is the world outside the machines; it ends with the test file. */
export async function surroundings({ context }: TestCluster): Promise<Surroundings> {
  const [first, second] = context.machines;
  const gateway = gatewayOf(context.machines);
  const port = await listening(
    createServer((_request, response) => response.end('outside')),
    gateway,
  );
  const others = second === undefined ? [] : [2379, 7600, 5000, 22].map((p) => `${second.ip}:${p}`);
  return {
    forbidden: [
      ...[2379, 2380, 7600, 5000, 8000, 22].map((p) => `${first!.ip}:${p}`),
      ...others,
      '172.29.0.1:7600',
    ],
    allowed: [`${first!.ip}:80`, `${gateway}:${port}`],
  };
}

/** The box's own address on the bridge of the machines. */
export const gatewayOf = (machines: readonly { ip: string }[]): string =>
  machines[0]!.ip.replace(/\.\d+$/, '.1');

/** A buildpack in a git repository, served by plain http on the bridge; its tag v1 works, its branch does not. Its URL. */
export async function servedBuildpack({ context }: TestCluster): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'deis-buildpack-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const work = join(directory, 'work');
  cpSync(join(import.meta.dirname, 'buildpack'), work, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: work });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'a buildpack');
  git('tag', 'v1');
  writeFileSync(join(work, 'bin/compile'), '#!/bin/sh\nexit 9\n');
  git('commit', '-q', '-a', '-m', 'a broken one');
  git('clone', '-q', '--bare', '.', join(directory, 'pack.git'));
  execFileSync('git', ['update-server-info'], { cwd: join(directory, 'pack.git') });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    createReadStream(join(directory, path))
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  });
  const gateway = gatewayOf(context.machines);
  return `http://${gateway}:${await listening(server, gateway)}/pack.git`;
}

async function listening(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
