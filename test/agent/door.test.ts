import { type Server, type ServerResponse, createServer } from 'node:http';
import t from 'tap';
import { Door } from '../../src/agent/door.ts';
import type { Log } from '../../src/ports/log.ts';

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => log,
};

const UPLOAD = '11111111-2222-3333-4444-555555555555';

interface Replica {
  address: string;
  seen: string[];
  server: Server;
}

/** Has the blobs and manifests named; takes uploads. */
async function replica(has: string[]): Promise<Replica> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${Buffer.concat(chunks).length}`);
      if (request.method === 'POST') {
        response.writeHead(202, { location: `/v2/app/blobs/uploads/${UPLOAD}?_state=x` }).end();
      } else if (request.method === 'PUT' || request.method === 'PATCH') {
        response.writeHead(201).end();
      } else if (request.url === '/v2/' || has.some((part) => request.url?.endsWith(part))) {
        response.writeHead(200).end('here');
      } else response.writeHead(404).end('not here');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { address: `127.0.0.1:${port}`, seen, server };
}

async function door(t: Test, replicas: () => string[]): Promise<string> {
  const opened = new Door({ listen: { host: '127.0.0.1', port: 0 }, replicas, readMs: 300, log });
  const port = await opened.open();
  t.teardown(() => opened.close());
  return `http://127.0.0.1:${port}`;
}

type Test = { teardown(fn: () => unknown): void };

async function two(t: Test): Promise<[Replica, Replica]> {
  const pair = [
    await replica(['/blobs/sha256:a']),
    await replica(['/blobs/sha256:b', '/manifests/1']),
  ];
  t.teardown(() => pair.forEach(({ server }) => server.close()));
  pair.sort((left, right) => (left.address < right.address ? -1 : 1));
  return pair as [Replica, Replica];
}

t.test('what one replica lacks, another one gives', async (t) => {
  const [first, second] = await two(t);
  const base = await door(t, () => [second.address, first.address]);
  for (const path of ['app/blobs/sha256:a', 'app/blobs/sha256:b', 'app/manifests/1']) {
    const answer = await fetch(`${base}/v2/${path}`);
    t.equal(answer.status, 200, path);
    t.equal(await answer.text(), 'here');
  }
  const nowhere = await fetch(`${base}/v2/app/blobs/sha256:c`);
  t.equal(nowhere.status, 404, 'nobody has it');
  t.equal(await nowhere.text(), 'not here', "in a replica's own words");
});

t.test('a push stays with one replica, and survives a dead one', async (t) => {
  const [first, second] = await two(t);
  const dead = '127.0.0.1:1';
  const base = await door(t, () => [dead, first.address, second.address].toSorted());
  const begun = await fetch(`${base}/v2/app/blobs/uploads/`, { method: 'POST' });
  t.equal(begun.status, 202);
  const location = begun.headers.get('location') ?? '';
  const body = 'x'.repeat(300_000);
  t.equal((await fetch(base + location, { method: 'PATCH', body })).status, 201);
  t.equal((await fetch(base + location, { method: 'PUT' })).status, 201);
  await fetch(`${base}/v2/app/blobs/sha256:a`, { method: 'HEAD' });
  await fetch(`${base}/v2/app/manifests/2`, { method: 'PUT', body: '{}' });
  const writer = first.seen.some((line) => line.startsWith('POST')) ? first : second;
  const other = writer === first ? second : first;
  t.same(
    writer.seen.map((line) => line.split(' ')[0]),
    ['POST', 'PATCH', 'PUT', 'HEAD', 'PUT'],
  );
  t.match(writer.seen[1], / 300000$/);
  t.same(other.seen, []);
});

t.test('no replica: a clear refusal', async (t) => {
  const base = await door(t, () => []);
  const answer = await fetch(`${base}/v2/`);
  t.equal(answer.status, 503);
  t.match(await answer.text(), 'No replica of the image registry can help: none is published');
});

t.test(
  'a replica that hangs, breaks off or is sick is passed over, and asked last from then on',
  async (t) => {
    const [first, second] = await two(t);
    let asked = 0;
    const behaviours: ((response: ServerResponse) => unknown)[] = [
      () => undefined,
      (response) => response.destroy(),
      (response) => response.writeHead(500).end(),
    ];
    for (const misbehave of behaviours) {
      asked = 0;
      const server = createServer((_request, response) => {
        asked += 1;
        misbehave(response);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.teardown(() => {
        server.closeAllConnections();
        server.close();
      });
      const { port } = server.address() as { port: number };
      const base = await door(t, () => [`127.0.0.1:${port}`, first.address, second.address]);
      for (const path of ['app/blobs/sha256:a', 'app/blobs/sha256:b', 'app/manifests/1']) {
        t.equal((await fetch(`${base}/v2/${path}`)).status, 200);
      }
      t.ok(asked <= 1, 'at most the first question went there');
      const lost = await fetch(`${base}/v2/app/blobs/sha256:c`);
      t.equal(lost.status, 503, 'the sick one may have it: not "not found"');
      t.match(await lost.text(), /no answer from .*, and the others lack it/);
    }
  },
);
