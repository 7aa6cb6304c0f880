// One port for both: who is let in by which way, that nothing is lost on either, how it ends, and the doors of the registry over it.

import { once } from 'node:events';
import { Agent, createServer, request as plain, type Server } from 'node:http';
import { type RequestOptions, request as secure } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import t from 'tap';
import type { KeyPair } from '../../src/adapters/pki.ts';
import { RegistryReplica } from '../../src/adapters/registry-replica.ts';
import {
  type AskerTls,
  askedWith,
  isSecure,
  speakTlsToo,
} from '../../src/adapters/tls-beside-plain.ts';
import { Door } from '../../src/agent/door.ts';
import { quiet } from './quiet-log.ts';
import { issue, ours, theirs } from './test-authorities.ts';

/** What listens on 127.0.0.1 is taken for the machine's own: this one stands for another machine. */
const HOST = '127.0.0.2';
const as = async (commonName: string, authority: KeyPair = ours): Promise<AskerTls> => ({
  ca: ours.cert,
  ...(await issue(authority, commonName, HOST)),
});
const deisd = await as('deisd');

type Test = { teardown(fn: () => unknown): void };

/** Answers by which way it was asked, and what it was sent. */
async function both(t: Test, component = 'registry'): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      response.writeHead(200, { way: isSecure(request) ? 'secure' : 'plain' });
      if (request.url === '/slow') setTimeout(() => response.end('done'), 300);
      else response.end(body.length > 0 ? body : `${request.method} ${request.url}`);
    });
  });
  speakTlsToo(server, await as(component), ['deisd'], quiet);
  server.listen(0, HOST);
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

interface Answer {
  status: number;
  way: string;
  body: Buffer;
}

/** The answer, or the reason why there is none. */
function ask(options: RequestOptions, sent?: Buffer, by = secure): Promise<Answer | string> {
  return new Promise((resolve) => {
    const asked = by({ host: HOST, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, way: String(headers['way']), body: Buffer.concat(chunks) });
      });
    });
    asked.on('error', ({ message }) => resolve(message));
    asked.end(sent);
  });
}

t.test('who is let in', async (t) => {
  const { port } = await both(t);
  const page = { port, path: '/x' };
  t.match(await ask(page, undefined, plain), { status: 200, way: 'plain' });
  t.match(await ask({ ...page, ...askedWith(deisd, 'registry') }), { status: 200, way: 'secure' });
  t.match(await ask({ ...page, ...askedWith(await as('router'), 'registry') }), { status: 403 });
  t.match(await ask({ ...page, ca: ours.cert }), /alert|reset|hang up/i, 'no certificate');
  const foreign = await as('deisd', theirs);
  t.match(await ask({ ...page, ...foreign }), /alert|reset|hang up/i, "another authority's");
  t.match(await ask({ ...page, ...askedWith(deisd, 'controller') }), /it is registry, not contr/);
});

t.test('nothing is lost on either way', async (t) => {
  const { port } = await both(t);
  const sent = Buffer.alloc(3_000_000, 'abcdefg');
  const options = { port, method: 'PUT', path: '/x' };
  for (const answer of [
    await ask(options, sent, plain),
    await ask({ ...options, ...askedWith(deisd, 'registry') }, sent),
  ]) {
    t.ok(typeof answer === 'object' && answer.body.equals(sent));
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  for (const path of ['/a', '/b']) {
    const answer = await ask({ port, path, agent } as RequestOptions, undefined, plain);
    t.equal(String((answer as Answer).body), `GET ${path}`, 'again over the same connection');
  }
  const drops = connect(port, HOST);
  const ended = once(drops, 'end');
  let said = '';
  drops.on('data', (chunk) => (said += String(chunk)));
  for (const letter of 'GET /drops HTTP/1.0\r\n\r\n') {
    drops.write(letter);
    await new Promise((go) => setTimeout(go, 2));
  }
  await ended;
  t.match(said, /GET \/drops$/);
});

t.test('it ends with what runs, and nothing idle holds it up', async (t) => {
  const { server, port } = await both(t);
  const silent = connect(port, HOST);
  const idle = tlsConnect({ host: HOST, port, ...deisd });
  const running = ask({ port, path: '/slow', ...askedWith(deisd, 'registry') });
  silent.on('error', () => undefined);
  idle.on('error', () => undefined);
  await once(idle, 'secureConnect');
  await new Promise((go) => setTimeout(go, 100));
  const closed = once(server, 'close');
  server.close();
  t.match(await running, { status: 200 });
  await closed;
});

t.test('replicas and doors of the registry', async (t) => {
  const { port } = await both(t);
  const address = `${HOST}:${port}`;
  const signal = AbortSignal.timeout(10_000);
  const found = await new RegistryReplica(address, {}, deisd).manifest('app', 'v1', signal);
  t.match(String(found?.bytes), 'GET /v2/app/manifests/v1');
  const other = await both(t, 'router');
  const wrong = new RegistryReplica(`${HOST}:${other.port}`, {}, deisd);
  await t.rejects(wrong.manifest('app', 'v1', signal), { message: /it is router, not registry/ });
  const replicas = (): string[] => [`${HOST}:${other.port}`, address];
  const listen = { host: '127.0.0.1', port: 0 };
  const door = new Door({ listen, replicas, tls: deisd, log: quiet });
  const at = await door.open();
  t.teardown(() => door.close());
  const answer = await fetch(`http://127.0.0.1:${at}/v2/app/blobs/uploads/`, {
    method: 'POST',
    body: 'bytes of a layer',
  });
  t.equal(answer.headers.get('way'), 'secure');
  t.equal(await answer.text(), 'bytes of a layer', 'past what is no replica');
});
