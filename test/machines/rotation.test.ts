// A change of authority on paper: what lies on the operator's disk in each phase, also of a run that was killed, what is done to a
// machine's files, and who is waited for.

import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { certificatesIn, issuerAmong } from '../../src/adapters/x509.ts';
import { ensureAuthority } from '../../src/machines/local/authority.ts';
import { clusterPaths } from '../../src/machines/local/record.ts';
import { packFiles } from '../../src/machines/join/pack.ts';
import { identityFiles, placeScript, trustFiles } from '../../src/machines/rotation/files.ts';
import { componentOf, lagging } from '../../src/machines/rotation/followed.ts';
import {
  advance,
  authorityOf,
  beginRotation,
  endRotation,
  findRotation,
  newFingerprint,
  newIdentity,
  renewOperator,
} from '../../src/machines/rotation/record.ts';
import { identityFolder, IDENTITIES } from '../../src/model/identity.ts';

const now = new Date();
const MACHINE = { id: 'a'.repeat(32), name: 'deis-1', ip: '10.0.0.1' };
const prints = (pem: string) => certificatesIn(pem).map(({ fingerprint256 }) => fingerprint256);

void t.test('the phases, each taken up again', async (t) => {
  const root = t.testdir({});
  const { tls: folder } = clusterPaths(root, 'paper');
  const text = (name: string) => readFile(join(folder, name), 'utf8');
  const old = await ensureAuthority(root, 'paper', now);
  const first = await text('operator.crt');
  t.equal(await findRotation(folder), undefined);

  t.match(await beginRotation(folder, 'paper', now), { phase: 'trust', resumed: false });
  t.strictSame(prints(await text('ca.crt')), prints(old.trusted), 'nobody has heard of it');
  const fresh = await newFingerprint(folder);
  for (const again of [1, 2]) {
    const { trusted, cert } = await authorityOf(folder, 'trust');
    t.strictSame(prints(trusted), [...prints(old.cert), fresh], `both are believed (${again})`);
    t.strictSame(prints(cert), prints(old.cert), 'the old one signs');
  }
  t.match(await ensureAuthority(root, 'paper', now), { key: old.key }, '`up` agrees');

  await advance(folder, 'reissue', now.toISOString());
  t.match(await findRotation(folder), { phase: 'reissue', resumed: true });
  const signing = await authorityOf(folder, 'reissue');
  t.strictSame(prints(signing.cert), [fresh], 'the new one signs');
  t.not(signing.key, old.key);
  t.strictSame(await authorityOf(folder, 'reissue'), signing, 'and does so again');
  await renewOperator(folder, signing, now);
  await writeFile(join(folder, 'operator.key'), 'half written');
  await renewOperator(folder, signing, now);
  const operator = await text('operator.crt');
  t.not(operator, first);
  t.equal(issuerAmong(await text('ca.crt'), operator)?.fingerprint256, fresh);
  const identity = await newIdentity(folder, signing, MACHINE, now);
  t.strictSame(await newIdentity(folder, signing, MACHINE, now), identity, 'made once');

  await advance(folder, 'distrust', now.toISOString());
  const last = await authorityOf(folder, 'distrust');
  t.strictSame(prints(last.trusted), [fresh]);
  t.strictSame(await authorityOf(folder, 'distrust'), last);
  await endRotation(folder);
  t.equal(await findRotation(folder), undefined);
  t.strictSame(await ensureAuthority(root, 'paper', now), last, '`up` goes on with the new one');
});

void t.test(
  'files on a machine: whole, with owners and modes, and only where they belong',
  async (t) => {
    const root = t.testdir({});
    const { tls: folder } = clusterPaths(t.testdir({}), 'paper');
    const authority = await ensureAuthority(
      dirname(dirname(dirname(dirname(folder)))),
      'paper',
      now,
    );
    await beginRotation(folder, 'paper', now);
    const identity = await newIdentity(folder, authority, MACHINE, now);
    const files = [...trustFiles(authority.trusted), ...identityFiles(identity)];
    // As on a machine: the same script, with another root.
    const inside = (script: string) =>
      script.replaceAll(/\/etc\/(deis|etcd)\//g, `${root}/etc/$1/`);
    const member = join(root, 'etc/etcd/tls/member.key');
    await mkdir(dirname(member), { recursive: true });
    await writeFile(member, 'old', { mode: 0o640 });
    const run = async () => {
      const packed = files.map((file) => ({ ...file, path: join(root, file.path) }));
      execFileSync('/bin/sh', ['-c', inside(placeScript(files))], {
        input: await packFiles(packed),
      });
    };
    await run();
    const present = (path: string) => readFile(join(root, path), 'utf8');
    for (const component of IDENTITIES.filter((name) => name !== 'etcd')) {
      const at = identityFolder(component);
      const own = new X509Certificate(await present(`${at}/${component}.crt`));
      t.match(own.subject, `CN=${component}`);
      t.equal(await present(`${at}/ca.crt`), authority.trusted);
      t.equal((await stat(join(root, `${at}/${component}.key`))).mode & 0o777, 0o600);
    }
    t.match(await present('/etc/etcd/tls/member.key'), 'PRIVATE KEY');
    t.equal((await stat(member)).mode & 0o777, 0o640, 'as it was');
    await t.rejects(present('/etc/etcd/tls/member.crt'), { code: 'ENOENT' }, 'there was none');
    await t.rejects(present('/etc/deis/tls/router.crt'), { code: 'ENOENT' }, 'there was none');
    await t.rejects(stat(join(root, '/etc/deis/tls/.new')), { code: 'ENOENT' });
    const { ino } = await stat(join(root, '/etc/deis/tls/deisd.key'));
    await run();
    t.equal((await stat(join(root, '/etc/deis/tls/deisd.key'))).ino, ino, 'equal files stay');
  },
);

void t.test('who is waited for', async (t) => {
  t.equal(componentOf('deis-router@2.service'), 'router');
  t.equal(componentOf('deis-logger.service'), 'logger');
  t.equal(componentOf('deis-shop_v2.web.1.service'), undefined);
  t.equal(componentOf('deis-dock@1.service'), undefined);
  const report = { certificate: 'c', issuer: 'new', authorities: ['new'], expires: '' };
  const scene = {
    machines: new Map([
      ['a', 'deis-1'],
      ['b', 'deis-2'],
    ]),
    parts: [
      { component: 'deisd', machine: 'a' },
      { component: 'router', machine: 'a' },
      { component: 'deisd', machine: 'b' },
      { component: 'logger', machine: 'c' },
    ],
    reports: [
      { component: 'deisd', machine: 'a', report },
      { component: 'router', machine: 'b', report },
      { component: 'deisd', machine: 'b', report: { ...report, issuer: 'old' } },
    ],
  };
  t.strictSame(
    lagging(scene, ({ issuer }) => issuer === 'new'),
    ['router on deis-1', 'deisd on deis-2', 'logger on c'],
  );
});
