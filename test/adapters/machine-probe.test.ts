// Who counts as answering: a deisd of this cluster, and nobody else.

import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import t, { type Test } from 'tap';
import { machineProbe } from '../../src/adapters/machine-probe.ts';
import { createAuthority, issueCertificate, type KeyPair } from '../../src/adapters/pki.ts';

const notBefore = new Date(Date.now() - 60_000);
const notAfter = new Date(Date.now() + 3600_000);
const signal = new AbortController().signal;
const issue = (from: KeyPair) =>
  issueCertificate(from, { commonName: 'deisd', hosts: ['127.0.0.1'], notBefore, notAfter });
const ours = await createAuthority('ours', notBefore, notAfter);
const theirs = await createAuthority('theirs', notBefore, notAfter);
const client = await issue(ours);

async function serving(t: Test, authority: KeyPair, status = 200): Promise<string> {
  const server = createServer(
    {
      ...(await issue(authority)),
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (_, response) => response.writeHead(status).end(),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const probe = machineProbe({ ca: ours.cert, ...client }, 300);

void t.test('a deisd of this cluster answers, whatever it says of its health', async (t) => {
  t.equal(await probe.answers({ api: await serving(t, ours) }, signal), true);
  t.equal(await probe.answers({ api: await serving(t, ours, 503) }, signal), true);
});

void t.test('somebody of another cluster does not count', async (t) => {
  t.equal(await probe.answers({ api: await serving(t, theirs) }, signal), false);
});

void t.test('nobody there, nobody speaking, no address, and an abort: no answer', async (t) => {
  const mute = createTcpServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.teardown(() => mute.close());
  const { port } = mute.address() as AddressInfo;
  const began = performance.now();
  t.equal(await probe.answers({ api: `127.0.0.1:${port}` }, signal), false);
  t.ok(performance.now() - began < 2000);
  t.equal(await probe.answers({ api: '127.0.0.1:1' }, signal), false);
  t.equal(await probe.answers({ api: 'no address' }, signal), false);
  t.equal(await probe.answers({ api: `127.0.0.1:${port}` }, AbortSignal.abort()), false);
});
