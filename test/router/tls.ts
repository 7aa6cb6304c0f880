// Requests of tests over TLS: which certificate is shown for a name, and what is answered.

import { connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import { connect, type SecureVersion } from 'node:tls';
import type { Answer, Asked } from './http.ts';

/** One request over HTTP/1.1 and TLS; `host` is the name of the handshake too. */
export function getTls(
  port: number,
  host: string,
  asked: Omit<Asked, 'agent'> = {},
): Promise<Answer> {
  const { path = '/', method = 'GET', body = '', headers = {} } = asked;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(
    {
      port,
      host: '127.0.0.1',
      servername: host,
      rejectUnauthorized: false,
      path,
      method,
      agent: new Agent(),
      timeout: 10_000,
      headers: { host, 'content-length': Buffer.byteLength(body), ...headers },
    },
    (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }),
      );
    },
  );
  sent.on('error', reject).on('timeout', () => sent.destroy(new Error('timeout')));
  sent.end(body);
  return promise;
}

/** The common name of the certificate that is shown for a name; throws when the handshake fails. */
export function shownFor(
  port: number,
  servername: string,
  version?: SecureVersion,
): Promise<{ name: string; protocol: string | null }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    name: string;
    protocol: string | null;
  }>();
  const socket = connect(
    {
      port,
      host: '127.0.0.1',
      servername,
      rejectUnauthorized: false,
      ...(version ? { minVersion: version, maxVersion: version } : {}),
    },
    () => {
      const name = String(socket.getPeerCertificate().subject.CN);
      resolve({ name, protocol: socket.getProtocol() });
      socket.destroy();
    },
  );
  socket.on('error', reject);
  return promise;
}

/** One GET over HTTP/2. */
export async function getHttp2(
  port: number,
  host: string,
  path = '/',
  headers: Record<string, string> = {},
): Promise<string> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, {
    servername: host,
    rejectUnauthorized: false,
  });
  try {
    const stream = session.request({ ':authority': host, ':path': path, ...headers });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  } finally {
    session.close();
  }
}
