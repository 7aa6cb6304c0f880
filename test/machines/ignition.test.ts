// What a CoreOS machine is told at its first boot: accepted by Ignition's own validator, and the same files that other machines get.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { makeIgnition } from '../../src/machines/ignition/cluster.ts';
import { machinesProblem } from '../../src/machines/ignition/wish.ts';
import { cardAddress } from '../../src/machines/ignition/network.ts';

interface Config {
  storage: { files: { path: string; mode: number; contents: { source: string } }[] };
  systemd: { units: { name: string; enabled?: boolean; contents?: string }[] };
  passwd: { users: { name: string; sshAuthorizedKeys?: string[] }[] };
}

const NAMES = ['deis-01', 'deis-02', 'deis-03', 'deis-04'];
const ALL = NAMES.map((name, at) => ({ name, ip: `172.17.8.${100 + at}` }));
const wish = {
  cluster: 'paper',
  domain: 'paper.test',
  metadata: { zone: 'a' },
  os: 'flatcar' as const,
  release: { url: 'https://example.com/deis.tar.gz', sha256: '', file: '/var/lib/deis.tar.gz' },
  staticPrefix: 24,
  discovery: '',
  operatorKeys: ['ssh-ed25519 AAAA ada'],
};
const signal = new AbortController().signal;
const now = new Date('2026-01-01T00:00:00Z');
const text = (config: Config, path: string): string => {
  const source = config.storage.files.find((file) => file.path === path)?.contents.source ?? '';
  return Buffer.from(source.split(',')[1] ?? '', 'base64').toString();
};

void t.test('a cluster: valid files, members of the store, the same again', async (t) => {
  const root = t.testdir({ 'package.json': '{"name":"deis"}' });
  const first = await makeIgnition(root, { ...wish, machines: ALL.slice(0, 3) }, now, signal);
  const fcos = await makeIgnition(
    root,
    {
      ...wish,
      os: 'fcos',
      cluster: 'other',
      discovery: 'https://discovery.example/x',
      machines: ALL,
    },
    now,
    signal,
  );
  const [one, two] = first.map((file) => JSON.parse(file.text) as Config);
  t.match(JSON.parse(text(one!, '/etc/deis/machine.json')), {
    name: 'deis-01',
    ip: '172.17.8.100',
    metadata: { zone: 'a' },
    etcd: ALL.slice(0, 3).map(({ ip }) => `https://${ip}:2379`),
    cluster: 'paper',
  });
  const units = new Map(one!.systemd.units.map((unit) => [unit.name, unit]));
  t.match(
    units.get('etcd.service')?.contents,
    /--initial-cluster=deis-01=https:\/\/172\.17\.8\.100/,
  );
  t.match(units.get('docker.service'), { enabled: true });
  t.match(units.get('deis-install.service'), { enabled: true });
  t.notOk(units.get('deisd.service')?.enabled, 'it comes with its program');
  t.match(units.get('deis-reboot.timer'), { enabled: true }, 'updates ask before they reboot');
  t.equal(text(one!, '/etc/flatcar/update.conf'), 'REBOOT_STRATEGY=off\n');
  const coreos = JSON.parse(fcos[0]!.text) as Config;
  t.notOk(coreos.systemd.units.find(({ name }) => name === 'deis-reboot.timer')?.enabled);
  t.match(
    text(coreos, '/etc/zincati/config.d/90-deis.toml'),
    /strategy = "fleet_lock"\n\n\[updates\.fleet_lock\]\nbase_url = "http:\/\/127\.0\.0\.1:7601\/"/,
  );
  t.equal(text(one!, '/etc/deis/platform.key'), text(two!, '/etc/deis/platform.key'));
  t.not(text(one!, '/etc/deis/tls/deisd.key'), text(two!, '/etc/deis/tls/deisd.key'));
  t.match(text(one!, '/etc/systemd/network/10-deis.network'), cardAddress('172.17.8.100'));
  t.match(fcos[0]!.text, /--discovery=https:\/\/discovery\.example\/x/);
  t.strictSame(
    await makeIgnition(root, { ...wish, machines: ALL.slice(0, 3) }, now, signal),
    first,
    'the same call, the same files',
  );
  const [later] = await makeIgnition(root, { ...wish, machines: [ALL[3]!] }, now, signal);
  const fourth = JSON.parse(later!.text) as Config;
  t.notOk(
    fourth.systemd.units.some(({ name }) => name === 'etcd.service'),
    'no even number of members',
  );
  t.same((JSON.parse(text(fourth, '/etc/deis/machine.json')) as { etcd: string[] }).etcd.length, 3);
  const moved = [{ name: 'deis-01', ip: '172.17.8.9' }];
  await t.rejects(makeIgnition(root, { ...wish, machines: moved }, now, signal), {
    code: 'conflict',
  });
  const context = join(root, '.deis/clusters/paper/context.json');
  t.match(JSON.parse(await readFile(context, 'utf8')), { name: 'paper', domain: 'paper.test' });
});

void t.test('every kind of file is accepted, in both forms', async (t) => {
  const root = t.testdir({ 'package.json': '{"name":"deis"}' });
  const files: string[] = [];
  for (const os of ['flatcar', 'fcos'] as const) {
    for (const discovery of ['', 'https://discovery.example/x']) {
      for (const staticPrefix of [undefined, 24]) {
        const cluster = `${os}-${files.length}`;
        const kind = { ...wish, cluster, os, discovery, staticPrefix, machines: ALL };
        const made = await makeIgnition(root, kind, now, signal);
        for (const { name, text: plain, userData } of [made[0]!, made[3]!]) {
          for (const [form, content] of Object.entries({ plain, userData })) {
            files.push(join(root, `${cluster}-${name}.${form}`));
            await writeFile(files.at(-1)!, content);
          }
        }
      }
    }
  }
  t.equal(files.length, 32);
  for (const file of files) {
    const { exitCode, all } = await execa('ignition-validate', [file], {
      all: true,
      reject: false,
    });
    t.equal(exitCode, 0, all ?? 'ignition-validate is not there: apt-get install ignition');
  }
  await writeFile(files[0]!, '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"x"}]}}');
  t.not((await execa('ignition-validate', [files[0]!], { reject: false })).exitCode, 0);
});

void t.test('what makes no cluster is refused', (t) => {
  const refused = (machines: { name: string; ip: string }[], problem: RegExp): void => {
    t.match(machinesProblem(machines), problem);
  };
  refused([], /no machine/);
  refused([{ name: 'Deis', ip: '10.0.0.1' }], /no name/);
  refused([{ name: 'a', ip: 'localhost' }], /no IPv4/);
  refused([ALL[0]!, ALL[0]!], /two machines are called/);
  refused([ALL[0]!, { ...ALL[0]!, name: 'b' }], /have the address/);
  t.equal(machinesProblem(ALL), undefined);
  t.end();
});
