// The doors with real sockets on this box: routers at 127.0.0.2 … 127.0.0.4, doors at 127.0.0.1.
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { openDoor } from '../../src/machines/local/door.ts';
import { openDoors, portsToTry } from '../../src/machines/local/doors.ts';
import { RouterPool } from '../../src/machines/local/router-pool.ts';
import { probeRouter } from '../../src/machines/local/router-probe.ts';

/** A free port, the same for several addresses. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function serve(
  t: Test,
  host: string,
  port: number,
  onSocket: (socket: Socket) => void,
): Promise<() => void> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    onSocket(socket);
  }).listen(port, host);
  await once(server, 'listening');
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(stop);
  return stop;
}

/** Everything said by whoever answers at the door, after we sent `text` and ended our side. */
async function ask(port: number, text = ''): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(text);
  let heard = '';
  for await (const chunk of socket) heard += String(chunk);
  return heard;
}

void t.test('connections take turns, and half-closing works both ways', async (t) => {
  const target = await freePort();
  for (const router of ['127.0.0.2', '127.0.0.3']) {
    await serve(t, router, target, (socket) => {
      let heard = '';
      socket.on('data', (chunk) => (heard += String(chunk)));
      // Answers only after the other side has ended: needs the half-close to be passed on.
      socket.on('end', () => socket.end(`${router} heard ${heard}`));
    });
  }
  const pool = new RouterPool(['127.0.0.2', '127.0.0.3']);
  for (const router of pool.addresses) pool.probed(router, 'ready');
  const door = await openDoor(['127.0.0.1', '::1'], [await freePort()], target, pool);
  t.teardown(() => door.close());
  const answers = [await ask(door.port, 'x'), await ask(door.port, 'y')].toSorted();
  t.strictSame(
    answers.map((text) => text.slice(0, 15)),
    ['127.0.0.2 heard', '127.0.0.3 heard'],
  );
});

void t.test('a refused or unanswered router is passed over for the next', async (t) => {
  const target = await freePort();
  await serve(t, '127.0.0.3', target, (socket) => socket.end('here'));
  // 192.0.2.0/24 is for documentation: nobody answers there.
  const pool = new RouterPool(['127.0.0.2', '192.0.2.1', '127.0.0.3']);
  for (const router of pool.addresses) pool.probed(router, 'ready');
  const door = await openDoor(['127.0.0.1'], [await freePort()], target, pool);
  t.teardown(() => door.close());
  for (let turn = 0; turn < 3; turn++) {
    const start = performance.now();
    t.equal(await ask(door.port), 'here');
    t.ok(performance.now() - start < 1500, 'quickly');
  }
});

void t.test('cutting a router resets its connections and no others', async (t) => {
  const target = await freePort();
  for (const router of ['127.0.0.2', '127.0.0.3']) {
    await serve(t, router, target, (socket) => socket.write(router));
  }
  const pool = new RouterPool(['127.0.0.2', '127.0.0.3']);
  for (const router of pool.addresses) pool.probed(router, 'ready');
  const door = await openDoor(['127.0.0.1'], [await freePort()], target, pool);
  t.teardown(() => door.close());
  const ends: Record<string, string> = {};
  for (let index = 0; index < 2; index++) {
    const socket = connect(door.port, '127.0.0.1');
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    socket.on('error', (error: NodeJS.ErrnoException) => (ends[String(greeting)] = error.code!));
    t.teardown(() => socket.destroy());
  }
  door.cut('127.0.0.2');
  await sleep(100);
  t.strictSame(ends, { '127.0.0.2': 'ECONNRESET' });
});

void t.test(
  'a large answer to a slow reader arrives whole and is not kept in memory',
  async (t) => {
    const target = await freePort();
    const size = 64 * 2 ** 20;
    let sent = 0;
    await serve(t, '127.0.0.2', target, (socket) => {
      const piece = Buffer.alloc(2 ** 16, 'x');
      const send = () => {
        while (sent < size) {
          sent += piece.length;
          if (!socket.write(piece)) return void socket.once('drain', send);
        }
        socket.end();
      };
      send();
    });
    const pool = new RouterPool(['127.0.0.2']);
    const door = await openDoor(['127.0.0.1'], [await freePort()], target, pool);
    t.teardown(() => door.close());
    const socket = connect(door.port, '127.0.0.1');
    await once(socket, 'connect');
    await sleep(500);
    t.ok(sent < 32 * 2 ** 20, `only ${sent} bytes were taken from the router while nobody read`);
    let heard = 0;
    for await (const chunk of socket) heard += (chunk as Buffer).length;
    t.equal(heard, size);
  },
);

void t.test('a taken port sends us to the next', async (t) => {
  const taken = await freePort();
  await serve(t, '127.0.0.1', taken, (socket) => socket.end());
  const other = await freePort();
  const door = await openDoor(['127.0.0.1'], [taken, other], 1, new RouterPool([]));
  t.teardown(() => door.close());
  t.equal(door.port, other);
  await t.rejects(openDoor(['127.0.0.1'], [taken], 1, new RouterPool([])), { code: 'unavailable' });
});

void t.test('the port everybody knows is tried first, then that of last time', async (t) => {
  t.strictSame(
    portsToTry({ http: 8085, https: 443, ssh: 9 }).http.slice(0, 4),
    [80, 8085, 8080, 8081],
  );
  t.strictSame(portsToTry(undefined).ssh.slice(0, 2), [2222, 2223]);
});

async function healthServer(t: Test, host: string, port: number, status: number): Promise<Server> {
  const server = createHttpServer((_, response) => response.writeHead(status).end());
  server.listen(port, host);
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

void t.test('what a probe sees', async (t) => {
  const port = await freePort();
  const { signal } = new AbortController();
  await healthServer(t, '127.0.0.2', port, 200);
  await healthServer(t, '127.0.0.3', port, 503);
  await serve(t, '127.0.0.4', port, () => undefined);
  t.equal(await probeRouter('127.0.0.2', port, 300, signal), 'ready');
  t.equal(await probeRouter('127.0.0.3', port, 300, signal), 'leaving');
  t.equal(await probeRouter('127.0.0.4', port, 300, signal), 'silent');
  t.equal(await probeRouter('127.0.0.5', port, 300, signal), 'closed');
});

void t.test(
  'a router that says it is leaving gets no new connection within 2 s and keeps those it has',
  async (t) => {
    const [health, target] = [await freePort(), await freePort()];
    const leaving = await healthServer(t, '127.0.0.2', health, 200);
    await healthServer(t, '127.0.0.3', health, 200);
    for (const router of ['127.0.0.2', '127.0.0.3']) {
      await serve(t, router, target, (socket) => {
        socket.on('data', (chunk) => socket.write(chunk));
        socket.write(router);
      });
    }
    const stop = new AbortController();
    const doors = await openDoors({
      routers: ['127.0.0.2', '127.0.0.3'],
      hosts: ['127.0.0.1'],
      healthPort: health,
      ports: { http: [await freePort()], https: [await freePort()], ssh: [await freePort()] },
      targets: { http: target, https: target, ssh: target },
    });
    const watching = doors.watch(stop.signal);
    t.teardown(async () => {
      stop.abort();
      await watching;
    });
    await sleep(300);
    const greet = async (): Promise<[string, Socket]> => {
      const socket = connect(doors.ports.http, '127.0.0.1');
      t.teardown(() => socket.destroy());
      const [greeting] = (await once(socket, 'data')) as [Buffer];
      return [String(greeting), socket];
    };
    const both = [await greet(), await greet()];
    const [, kept] = both.find(([router]) => router === '127.0.0.2')!;
    leaving.removeAllListeners('request');
    leaving.on('request', (_, response) => response.writeHead(503).end());
    await sleep(2000);
    const later = await Promise.all(Array.from({ length: 6 }, greet));
    t.strictSame([...new Set(later.map(([router]) => router))], ['127.0.0.3']);
    kept.write('still there');
    const [echo] = (await once(kept, 'data')) as [Buffer];
    t.equal(String(echo), 'still there');
  },
);
