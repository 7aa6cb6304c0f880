// Certificates as people bring them: what is taken, and what is said about those that are not.

import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { createAuthority, issueCertificate } from '../../src/adapters/pki.ts';
import { covers } from '../../src/adapters/x509.ts';
import { checkCertificate } from '../../src/controller/rules/certificate.ts';

const day = 86_400_000;
const now = new Date('2026-06-01T00:00:00Z');
const authority = await createAuthority('test', new Date(+now - day), new Date(+now + 9 * day));
const make = (hosts: string[], lifetime = 5 * day) =>
  issueCertificate(authority, {
    commonName: hosts[0]!,
    hosts,
    notBefore: new Date(+now - day),
    notAfter: new Date(+now + lifetime),
  });

void t.test('a certificate and its chain', async (t) => {
  const pair = await make(['Example.com', '*.example.com']);
  const chain = `some words\n${pair.cert}\n${authority.cert}`;
  const found = checkCertificate(chain, pair.key, now);
  if (!('facts' in found)) return t.fail(found.problem);
  t.match(found.facts, {
    commonName: 'example.com',
    names: ['example.com', '*.example.com'],
    expires: '2026-06-06T00:00:00.000Z',
  });
  t.equal(found.facts.pem.match(/BEGIN/g)?.length, 2);
  t.notMatch(found.facts.pem, 'some words');
});

void t.test('what is refused, and why', async (t) => {
  const pair = await make(['example.com']);
  const other = await make(['example.com']);
  const old = await make(['example.com'], -day / 2);
  const odd = await make(['ex ample.com;']);
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const encrypted = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  for (const [certificate, key, problem] of [
    ['nothing', pair.key, /there is no certificate/],
    [pair.cert.replace(/[A-Z]/g, 'A'), pair.key, /no certificate/],
    [pair.cert.replace(/\n.{30}/, '\nAAAA'), pair.key, /cannot be read/],
    [`${authority.cert}\n${pair.cert}`, pair.key, /comes first/],
    [`${pair.cert}\n${`${authority.cert}\n`.repeat(200)}`, pair.key, /larger than/],
    [pair.cert, other.key, /does not belong/],
    [pair.cert, 'no key', /cannot be read/],
    [pair.cert, short.export({ type: 'pkcs8', format: 'pem' }), /does not belong/],
    [pair.cert, encrypted, /encrypted/],
    [old.cert, old.key, /expired at 2026-05-31/],
    [odd.cert, odd.key, /no host name/],
  ] as const) {
    t.match(checkCertificate(certificate, String(key), now), { problem });
  }
});

void t.test('a star is one label', async (t) => {
  const names = ['example.com', '*.example.com'];
  t.ok(covers(names, 'example.com'));
  t.ok(covers(names, 'www.example.com'));
  t.ok(covers(names, '*.example.com'));
  t.notOk(covers(names, 'a.b.example.com'));
  t.notOk(covers(['*'], 'localhost'));
});
