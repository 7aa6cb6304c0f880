// Certificates as TLS sees them: both sides trust each other, and nobody else.
import { createServer, connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { createAuthority, issueCertificate, type KeyPair } from '../../src/adapters/pki.ts';

const notBefore = new Date(Date.now() - 60_000);
const notAfter = new Date(Date.now() + 3600_000);
const authority = await createAuthority('test', notBefore, notAfter);
const issue = (from: KeyPair, commonName: string) =>
  issueCertificate(from, { commonName, hosts: ['127.0.0.1', 'machine-1'], notBefore, notAfter });
const server = await issue(authority, 'deisd');

/** The name the server saw, or why there was no connection. */
async function call(client: KeyPair, ca: string): Promise<string> {
  const listener = createServer({ ...server, ca: authority.cert, requestCert: true });
  listener.on('tlsClientError', () => undefined);
  listener.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => undefined);
    socket.end(String(socket.getPeerCertificate().subject.CN));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  try {
    const socket = connect({ port, host: '127.0.0.1', ca, ...client });
    let heard = '';
    for await (const chunk of socket) heard += String(chunk);
    return heard;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    listener.close();
  }
}

void t.test('a component is known by its name', async (t) => {
  t.equal(await call(await issue(authority, 'router'), authority.cert), 'router');
});

void t.test('another authority is not trusted, either way', async (t) => {
  const stranger = await createAuthority('test', notBefore, notAfter);
  const client = await issue(stranger, 'router');
  t.not(await call(client, authority.cert), 'router');
  t.not(await call(await issue(authority, 'router'), stranger.cert), 'router');
});

void t.test('names and addresses are in the certificate, and it signs nothing', async (t) => {
  const cert = new X509Certificate(server.cert);
  t.equal(cert.subjectAltName, 'IP Address:127.0.0.1, DNS:machine-1');
  t.equal(cert.ca, false);
  t.ok(cert.checkIssued(new X509Certificate(authority.cert)));
});
