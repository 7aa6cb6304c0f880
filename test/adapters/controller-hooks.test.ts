// The builder's requests to controllers: which one is asked, what is asked again, and what a refusal says.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as tcpServer } from 'node:net';
import t from 'tap';
import { controllerHooks } from '../../src/adapters/controller-hooks.ts';
import { createAuthority, issueCertificate } from '../../src/adapters/pki.ts';
import { type AskerTls, speakTlsToo } from '../../src/adapters/tls-beside-plain.ts';
import { quiet } from './quiet-log.ts';

type Handle = (request: IncomingMessage, body: string, response: ServerResponse) => void;

async function controller(t: Tap, handle: Handle, identity?: AskerTls): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => handle(request, body, response));
  });
  if (identity) speakTlsToo(server, identity, ['builder'], quiet);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Tap = { teardown(work: () => void): void };

/** A port where nobody listens. */
async function nobody(): Promise<string> {
  const server = tcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

const hooksTo = (...addresses: string[]) =>
  controllerHooks({
    controllers: () => Promise.resolve(addresses),
    builderKey: () => Promise.resolve('the key'),
  });
const signal = AbortSignal.timeout(20_000);
const pusher = { user: 'ann', app: 'blog' };
const report = {
  ...pusher,
  sha: '1a2b3c4d',
  image: 'blog@sha256:1',
  procfile: { web: 'run' },
  dockerfile: '',
  kind: 'procfile',
  log: 'id',
} as const;
const answers =
  (status: number, json: unknown): Handle =>
  (_request, _body, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  };

void t.test('a controller that is not there is passed over', async (t) => {
  const seen: unknown[] = [];
  const there = await controller(t, (request, body, response) => {
    seen.push([
      request.method,
      request.url,
      request.headers['x-deis-builder-auth'],
      JSON.parse(body),
    ]);
    answers(200, { release: { version: 7 }, domains: ['blog.example.com'] })(
      request,
      body,
      response,
    );
  });
  const built = await hooksTo(await nobody(), there).build(report, signal);
  t.strictSame(built, { version: 7, domains: ['blog.example.com'] });
  const { user, app, ...rest } = report;
  const sent = { receive_user: user, receive_repo: app, ...rest };
  t.strictSame(seen, [['POST', '/v1/hooks/build', 'the key', sent]]);
});

void t.test('config values are texts', async (t) => {
  const there = await controller(t, answers(200, { values: { A: 'x', N: 3 }, memory: {} }));
  t.strictSame(await hooksTo(there).config(pusher, signal), { A: 'x', N: '3' });
});

void t.test('what one controller may have begun is not asked of another', async (t) => {
  let others = 0;
  const breaks = await controller(t, (request) => request.socket.destroy());
  const other = await controller(t, (request, body, response) => {
    others += 1;
    answers(200, {})(request, body, response);
  });
  await t.rejects(hooksTo(breaks, other).build(report, signal), {
    code: 'unavailable',
    hint: /deis releases/,
  });
  t.equal(others, 0);
});

void t.test('no controller, and controllers that refuse', async (t) => {
  await t.rejects(hooksTo().config(pusher, signal), { code: 'unavailable' });
  await t.rejects(hooksTo(await nobody()).config(pusher, signal), { code: 'unavailable' });
  const cases: [number, unknown, { code: string; message?: string }][] = [
    [403, { detail: 'No.' }, { code: 'forbidden', message: 'No.' }],
    [404, { detail: 'Not found' }, { code: 'not-found' }],
    [409, { error: 'Busy.' }, { code: 'conflict', message: 'Busy.' }],
    [
      400,
      { image: ['Bad name.', 'Worse.'] },
      { code: 'invalid', message: 'image: Bad name. Worse.' },
    ],
    [503, { detail: 'web.1 crashed' }, { code: 'refused', message: 'web.1 crashed' }],
    [500, 'x', { code: 'internal', message: 'The controller answered 500.' }],
    [200, { values: 3 }, { code: 'internal' }],
  ];
  for (const [status, json, wanted] of cases) {
    const there = await controller(t, answers(status, json));
    await t.rejects(hooksTo(there).config(pusher, signal), wanted, String(status));
  }
});

void t.test('over mutual TLS, to who shows that it is a controller', async (t) => {
  const notBefore = new Date(Date.now() - 3_600_000);
  const notAfter = new Date(Date.now() + 3_600_000);
  const authority = await createAuthority('ours', notBefore, notAfter);
  const as = async (commonName: string): Promise<AskerTls> => {
    const request = { commonName, hosts: ['127.0.0.1'], notBefore, notAfter };
    return { ca: authority.cert, ...(await issueCertificate(authority, request)) };
  };
  const heard: string[] = [];
  const hears =
    (name: string): Handle =>
    (request, body, response) => {
      heard.push(name);
      answers(200, { values: { A: name } })(request, body, response);
    };
  const plain = await controller(t, hears('plain'));
  const router = await controller(t, hears('router'), await as('router'));
  const good = await controller(t, hears('good'), await as('controller'));
  const hooks = async (component: string) =>
    controllerHooks({
      controllers: () => Promise.resolve([plain, router, good]),
      builderKey: () => Promise.resolve('the key'),
      tls: await as(component),
    });
  t.strictSame(await (await hooks('builder')).config(pusher, signal), { A: 'good' });
  t.strictSame(heard, ['good'], 'nobody else was told anything');
  await t.rejects((await hooks('router')).config(pusher, signal), { code: 'forbidden' });
});

void t.test('an aborted request ends at once', async (t) => {
  const stop = new AbortController();
  const there = await controller(t, () => stop.abort(new Error('the client went away')));
  await t.rejects(hooksTo(there).build(report, stop.signal), { message: 'the client went away' });
});
