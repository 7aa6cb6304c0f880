// The TCP door's two limits: how long a builder may take to answer a connection, and how long both sides may be silent.

import { connect, createServer, type AddressInfo } from 'node:net';
import t from 'tap';
import { runDoor } from '../../src/router/door.ts';
import { quiet } from '../adapters/quiet-log.ts';
import { freePort } from './nginx-bench.ts';

async function openDoor(
  t: { teardown: (what: () => unknown) => void },
  upstreams: string[],
  timeouts: { connectMs: number; idleMs: number },
): Promise<number> {
  const stop = new AbortController();
  const port = await freePort();
  const needs = { listen: `127.0.0.1:${port}`, upstreams: () => upstreams, log: quiet };
  const ended = runDoor({ ...needs, timeouts: () => timeouts }, stop.signal);
  t.teardown(() => {
    stop.abort();
    return ended;
  });
  return port;
}

/** ms until the other side ends the connection. */
function untilEnded(port: number): Promise<number> {
  const began = performance.now();
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.on('close', () => resolve(performance.now() - began)).resume();
  return promise;
}

void t.test('builder/timeout/tcp: silence ends a connection', async (t) => {
  const builder = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => builder.listen(0, '127.0.0.1', resolve));
  t.teardown(() => builder.close());
  const address = `127.0.0.1:${(builder.address() as AddressInfo).port}`;
  const short = await openDoor(t, [address], { connectMs: 1000, idleMs: 200 });
  const long = await openDoor(t, [address], { connectMs: 1000, idleMs: 900 });
  const [first, second] = await Promise.all([untilEnded(short), untilEnded(long)]);
  t.ok(first >= 190, `${first} ms`);
  t.ok(second >= 890, `${second} ms`);
});

void t.test('builder/timeout/connect: a builder that does not answer is given up', async (t) => {
  const silent = ['192.0.2.1:2223']; // TEST-NET-1 (RFC 5737): nobody is there
  const port = await openDoor(t, silent, { connectMs: 150, idleMs: 60_000 });
  const took = await untilEnded(port);
  t.ok(took < 10_000, `${took} ms`);
});
