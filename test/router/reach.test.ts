// Which machines answer: two misses in a row put one aside, one answer brings it back.

import { createServer, type AddressInfo } from 'node:net';
import t from 'tap';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { WebServer } from '../../src/ports/web-server.ts';
import { reachesByTcp, watchMachines } from '../../src/router/reach.ts';
import { Server } from '../../src/router/server.ts';
import { quiet } from '../adapters/quiet-log.ts';
import { until } from './http.ts';

const never = new AbortController().signal;

void t.test('over TCP', async (t) => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  t.equal(await reachesByTcp('127.0.0.1', port, never), true, 'accepted');
  await new Promise((resolve) => server.close(resolve));
  t.equal(await reachesByTcp('127.0.0.1', port, never), true, 'refused: the machine lives');
});

void t.test('marks and unmarks', async (t) => {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const asleep = { running: () => false } as WebServer;
  const groups = { a: ['10.0.0.1:20000', '10.0.0.2:20000'], b: ['10.0.0.2:20001', '10.0.0.9:1'] };
  const server = new Server(
    asleep,
    { hosts: {}, groups, policies: {}, certificates: {} },
    new Map(),
  );
  const silent = new Set<string>();
  const asked = new Map<string, number>();
  const reaches = async (ip: string): Promise<boolean> => {
    asked.set(ip, (asked.get(ip) ?? 0) + 1);
    return !silent.has(ip);
  };
  const needs = { server, ownIp: '10.0.0.9', port: 7600, reaches, clock: systemClock, log: quiet };
  const watching = watchMachines(needs, stop.signal);
  await until(() => (asked.get('10.0.0.2') ?? 0) >= 2);
  t.same(server.routes.down, []);
  t.notOk(asked.has('10.0.0.9'), 'not ourselves');
  silent.add('10.0.0.2');
  const began = performance.now();
  await until(() => server.routes.down.length > 0);
  t.same(server.routes.down, ['10.0.0.2']);
  t.ok(performance.now() - began < 2000, 'within 2 s');
  silent.clear();
  await until(() => server.routes.down.length === 0);
  silent.add('10.0.0.1');
  const misses = asked.get('10.0.0.1')! + 1;
  await until(() => asked.get('10.0.0.1')! >= misses);
  silent.clear();
  await until(() => asked.get('10.0.0.1')! >= misses + 2);
  t.same(server.routes.down, [], 'one miss is no miss');
  stop.abort();
  await watching;
});
