// What `deisctl ignition` refuses: each of these would end in a unit, a shell, a certificate or an account of a machine nobody looks at.

import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { makeIgnition } from '../../src/machines/ignition/cluster.ts';
import { LEAST_USER_DATA } from '../../src/machines/ignition/user-data.ts';
import { type IgnitionWish, publicKeysIn, wishProblem } from '../../src/machines/ignition/wish.ts';

const KEY = `ssh-ed25519 ${'A'.repeat(68)} ada`;
const fine: IgnitionWish = {
  cluster: 'paper',
  domain: 'paper.test',
  machines: [{ name: 'deis-01', ip: '172.17.8.100' }],
  metadata: { zone: 'a' },
  os: 'flatcar',
  release: { url: 'https://example.com/x.tar.gz?v=1', sha256: '', file: '/var/lib/x.tar.gz' },
  staticPrefix: 24,
  discovery: '',
  operatorKeys: [KEY],
};
const signal = new AbortController().signal;
const now = new Date('2026-01-01T00:00:00Z');
const at = (ip: string) => ({ machines: [{ name: 'a', ip }] });
const release = (part: Partial<IgnitionWish['release']>) => ({
  release: { ...fine.release, ...part },
});

const REFUSED: [Partial<IgnitionWish>, RegExp][] = [
  [{ cluster: '../../x' }, /no cluster name/],
  ...['0.0.0.0', '127.0.0.1', '169.254.169.254', '224.0.0.1', '255.255.255.255'].map(
    (ip): [Partial<IgnitionWish>, RegExp] => [at(ip), /no machine can have/],
  ),
  [at('10.0.0.0'), /network itself/],
  [at('10.0.0.255'), /network itself/],
  [at('010.0.0.1'), /no IPv4/],
  [at('fe80::1'), /no IPv4/],
  [
    {
      machines: Array.from({ length: 501 }, (_, n) => ({ name: `m${n}`, ip: `10.1.${n >> 8}.7` })),
    },
    /too many/,
  ],
  [{ domain: 'a b' }, /no domain/],
  [{ domain: '' }, /no domain/],
  [{ metadata: { zone: 'a\nb' } }, /no label/],
  [{ metadata: { zone: '' } }, /no label/],
  [release({ url: 'ftp://example.com/x' }), /--release-url/],
  [release({ url: 'https://example.com/x\nDEIS_RELEASE_SHA256=' }), /--release-url/],
  [release({ url: 'https://example.com/$(reboot)' }), /--release-url/],
  [release({ sha256: 'abc' }), /64 hexadecimal/],
  [release({ file: 'x.tar.gz' }), /--release-file/],
  [release({ file: '/var/lib/a b' }), /--release-file/],
  [release({ file: '/var/../etc/shadow' }), /--release-file/],
  [{ discovery: 'https://x/ --foo' }, /--discovery/],
  [{ discovery: 'https://x/a\n[Service]\nExecStartPre=/bin/true' }, /--discovery/],
  [{ discovery: 'https://x/%n' }, /--discovery/],
  [{ operatorKeys: [`${KEY}\nssh-rsa AAAA eve`] }, /no OpenSSH public key/],
  [{ operatorKeys: ['command="reboot" ssh-rsa AAAA'] }, /no OpenSSH public key/],
];

void t.test('it is told why, without a word of what may be secret', (t) => {
  t.equal(wishProblem(fine), undefined);
  t.equal(wishProblem({ ...fine, discovery: 'https://discovery.etcd.io/0123' }), undefined);
  for (const [part, why] of REFUSED) {
    t.match(wishProblem({ ...fine, ...part }), why, JSON.stringify(part).slice(0, 80));
  }
  t.notMatch(wishProblem({ ...fine, operatorKeys: ['secret'] }), /secret/);
  t.end();
});

void t.test('keys are read as people keep them; a private one is not', (t) => {
  t.same(publicKeysIn(`# two\r\n${KEY}\r\n\r\n${KEY}\r\n`), [KEY, KEY]);
  t.match(publicKeysIn('-----BEGIN OPENSSH PRIVATE KEY-----\nx'), { problem: /private key/ });
  t.match(publicKeysIn('# none\n'), { problem: /no key/ });
  t.end();
});

void t.test('what machines stand on is not made anew behind them', async (t) => {
  const root = t.testdir({ 'package.json': '{"name":"deis"}' });
  const tls = join(root, '.deis/clusters/paper/tls');
  const make = (wish = fine) => makeIgnition(root, wish, now, signal);
  await make();
  const taken = { ...fine, machines: [{ name: 'b', ip: '172.17.8.100' }] };
  await t.rejects(make(taken), { message: /deis-01 was made with the address/ });
  await rm(join(tls, 'ca.key'));
  await t.rejects(make(), { code: 'conflict', message: /ca\.key is gone/ });
  await rm(tls, { recursive: true });
  await t.rejects(make(), { code: 'conflict', message: /ca\.crt is gone/ });
  await writeFile(join(root, '.deis/clusters/paper/ignition.json'), '{');
  await t.rejects(make(), { code: 'conflict', message: /is damaged/ });
});

void t.test('user data is small enough for every cloud, and the same file', async (t) => {
  const root = t.testdir({ 'package.json': '{"name":"deis"}' });
  const [one] = await makeIgnition(root, { ...fine, metadata: { zone: 'a' } }, now, signal);
  t.ok(Buffer.byteLength(one!.userData) < LEAST_USER_DATA);
  const outer = JSON.parse(one!.userData) as {
    ignition: { config: { replace: { source: string; compression: string } } };
  };
  const { source, compression } = outer.ignition.config.replace;
  t.equal(compression, 'gzip');
  const inner = gunzipSync(Buffer.from(source.replace('data:;base64,', ''), 'base64')).toString();
  t.same(JSON.parse(inner), JSON.parse(one!.text));
  for (const [name, text] of [
    ['outer', one!.userData],
    ['inner', inner],
  ] as const) {
    await writeFile(join(root, name), text);
    t.equal(execFileSync('ignition-validate', [join(root, name)]).toString(), '');
  }
});

void t.test(
  'the command: a word twice, a key that is not there, who may read the files',
  async (t) => {
    const home = t.testdir({});
    const run = (...words: string[]) =>
      execa(
        process.execPath,
        [join(import.meta.dirname, '../../bin/deisctl.js'), 'ignition', ...words],
        {
          cwd: home,
          reject: false,
          all: true,
        },
      );
    const options = ['--name=never-made', '--output=out'];
    t.match((await run('a=10.0.0.1', 'a=10.0.0.2', ...options)).all, /"a" is said twice/);
    const absent = await run('a=10.0.0.1', ...options, '--ssh-key=absent.pub');
    t.match(absent.all, /the key absent\.pub cannot be read/);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, 'key')]);
    const secret = await run('a=10.0.0.1', ...options, '--ssh-key=key');
    t.match(secret.all, /key is a private key/);
    t.equal(secret.exitCode, 1);
  },
);
