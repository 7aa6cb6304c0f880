// Authorities that are dead, silent, out of their mind, or want to be left alone; and certificates that are none. Each is told in
// words, with the time of the next try. That nobody else waits for them shows acme.test.ts.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { acmeAuthority } from '../../../src/adapters/acme.ts';
import { createAuthority, issueCertificate } from '../../../src/adapters/pki.ts';
import type { DeisError } from '../../../src/model/errors.ts';
import { AuthorityAway, type Proofs } from '../../../src/ports/certificate-authority.ts';
import { certified, failed } from '../../../src/router/acme/outcome.ts';

const never = new AbortController().signal;
const [now, DAY] = [Date.now(), 86_400_000];
const nobody: Proofs = {
  http: () => Promise.reject(new Error('not asked')),
  dns: () => Promise.reject(new Error('not asked')),
  withdraw: () => Promise.resolve(),
};
const ca = await createAuthority('acme', new Date(now - 100 * DAY), new Date(now + 100 * DAY));
const account = { key: (await made('account', -1, 1)).key };

async function made(host: string, begins: number, expires: number) {
  const [notBefore, notAfter] = [begins, expires].map((days) => new Date(now + days * DAY));
  const dates = { notBefore: notBefore!, notAfter: notAfter! };
  const pair = await issueCertificate(ca, { commonName: host, hosts: [host], ...dates });
  return { certificate: pair.cert, key: pair.key, account: 'https://acme.test/1' };
}

/** What an order comes to at an authority that answers everything like this. */
async function orderAt(listener: RequestListener, silence?: number): Promise<unknown> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await orderFrom(`http://127.0.0.1:${port}/dir`, silence);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const orderFrom = (directory: string, silence = 20_000): Promise<unknown> =>
  acmeAuthority({ directory, patience: 10, silence })
    .obtain('www.blog.org', account, nobody, never)
    .catch((error: unknown) => error);

void t.test('what an authority may answer instead of signing', async (t) => {
  t.match(await orderFrom('http://127.0.0.1:1/dir'), {
    name: 'DeisError',
    message: /does not answer: 127\.0\.0\.1:1: .*ECONNREFUSED/,
  });
  const limited = { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many orders' };
  const kinds: [string, RequestListener, RegExp, boolean][] = [
    ['a page', (_, answer) => answer.end('<html>hello'), /did not sign: .*ACME directory/, false],
    ['nothing', (_, answer) => answer.end(), /did not sign: .*no data/, false],
    ['two megabytes', (_, answer) => answer.end('x'.repeat(2e6)), /maxContentLength/, true],
    ['half an answer', (request) => request.socket.destroy(), /does not answer.*hang up/, true],
    [
      'a circle',
      (_, answer) => answer.writeHead(302, { location: '/dir' }).end(),
      /redirects/,
      true,
    ],
    ['503', (_, answer) => answer.writeHead(503).end('{'), /is sick: .* answers 503/, true],
    ['404', (_, answer) => answer.writeHead(404).end(), /did not sign: .*404/, false],
    [
      '429',
      (_, answer) =>
        answer
          .writeHead(429, { 'retry-after': '7200', 'content-type': 'application/problem+json' })
          .end(JSON.stringify(limited)),
      /wants fewer orders \(429\): too many orders/,
      true,
    ],
  ];
  // The patience with silence holds for all that run at once: a busy box may be silent for a while.
  const silence = await orderAt(() => undefined, 300);
  t.match(silence, { message: /does not answer: .*timeout of 300ms/ });
  t.ok(silence instanceof AuthorityAway);
  const errors = await Promise.all(kinds.map(([, listener]) => orderAt(listener)));
  for (const [index, [name, , words, isAway]] of kinds.entries()) {
    const error = errors[index];
    t.match(error, { message: words }, name);
    t.equal(error instanceof AuthorityAway, isAway, `${name}: is it the authority itself?`);
    if (name !== '429' || !(error instanceof AuthorityAway)) continue;
    t.ok(Math.abs(error.until - Date.now() - 7_200_000) < 60_000, 'it says for how long');
  }
});

void t.test('when it is tried again', async (t) => {
  const pause = (until: number, failures = 0): number =>
    Date.parse(
      failed('a.org', { domain: 'a.org', failures, updated: '' }, away(until), now).retry,
    ) - now;
  const away = (until: number): Error => new AuthorityAway('x', until);
  t.ok(pause(0) >= 5 * 60_000 && pause(0) <= 6 * 60_000, 'five minutes, and a part of one');
  t.ok(pause(0, 3) >= 8 * pause(0) - 1, 'longer each time');
  t.ok(pause(now + DAY) >= DAY + 5 * 60_000, 'not before it wants us');
  t.ok(pause(now + 1000 * DAY) < 8 * DAY, 'nobody is sent away for ever');
  const one = failed('a.org', undefined, away(now + DAY), now).retry;
  t.not(failed('b.org', undefined, away(now + DAY), now).retry, one, 'not all at once');
});

void t.test('certificates that are none for this domain', async (t) => {
  const good = await made('a.org', -1, 89);
  t.match(certified('a.org', good, undefined, now), { failures: 0, problem: undefined });
  const other = await made('b.org', -1, 89);
  for (const [issued, words] of [
    [{ ...good, certificate: 'hello' }, /there is no certificate in it/],
    [{ ...good, key: other.key }, /the key does not belong/],
    [other, /it is for b\.org/],
    [await made('a.org', -90, -1), /it expired at .* by the clock of this router/],
  ] as const) {
    const refused = { code: 'refused', message: words } as unknown as DeisError;
    t.throws(() => certified('a.org', issued, undefined, now), refused, String(words));
  }
  const late = certified('a.org', good, undefined, now + 80 * DAY);
  t.match(late, { failures: 1, certificate: /BEGIN/, problem: /should be renewed already/ });
  t.ok(Date.parse(late.retry!) > now + 80 * DAY, 'a clock that is wrong asks nobody all the time');
});
