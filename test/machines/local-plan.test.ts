// Names, addresses and files of a local cluster: data in, data out.
import t from 'tap';
import * as plan from '../../src/machines/local/address-plan.ts';
import { reachableFromMachines } from '../../src/machines/local/box-files.ts';
import { enabledUnits, machineFiles } from '../../src/machines/local/machine-files.ts';
import type { ClusterRecord } from '../../src/machines/local/record.ts';

const record = (machines: number): ClusterRecord => ({
  version: 1,
  name: 'deis',
  slot: 4,
  domain: 'paas.localhost',
  disk: '8G',
  base: 'rootfs-0',
  machines: Array.from({ length: machines }, (_, index) => ({
    number: index + 1,
    name: plan.machineName('deis', index + 1),
    id: String(index + 1).repeat(32),
    ip: plan.machineAddress(4, index + 1),
  })),
});

void t.test('every slot has names the kernel takes and a range of its own', async (t) => {
  t.ok(plan.bridgeName(plan.SLOTS - 1).length <= 15);
  t.ok(plan.machineLabel(plan.SLOTS - 1, 100).length <= 15);
  t.equal(plan.machineAddress(4, 1), '10.77.4.11');
  t.equal(plan.clusterRange(4), '10.77.4.0/24');
});

void t.test('cluster names', async (t) => {
  for (const good of ['deis', 't', 'a-1', 'x'.repeat(31)]) {
    t.equal(plan.clusterNameProblem(good), undefined, good);
  }
  for (const bad of ['', '-a', 'a-', '1a', 'A', 'a b', '../x', 'x'.repeat(32), 'a\n']) {
    t.type(plan.clusterNameProblem(bad), 'string', JSON.stringify(bad));
  }
});

void t.test('disk sizes', async (t) => {
  t.equal(plan.diskBytes('8G'), 8 * 2 ** 30);
  t.equal(plan.diskBytes('512mb'), 512 * 2 ** 20);
  for (const bad of ['', '8', 'G', '0G', '-1G', '1.5G', '8 G', '1M']) {
    t.throws(() => plan.diskBytes(bad), { code: 'invalid' }, bad);
  }
});

void t.test('an odd number of members of the store', async (t) => {
  t.strictSame(
    [1, 2, 3, 6].map((count) => plan.etcdMembers(count).length),
    [1, 1, 3, 3],
  );
});

const three = record(3);
const keys = Object.fromEntries(
  ['deisd', 'router', 'etcd'].map((name) => [name, { cert: `cert ${name}`, key: `key ${name}` }]),
);
const secrets = { ca: 'CA', identity: keys, platformKey: 'PK', operatorKey: 'ssh-ed25519 AAAA' };
const box = { resolvConf: 'nameserver 9.9.9.9\n', caBundle: undefined, npmrc: undefined };
const files = (machines: number, number: number) => {
  const cluster = record(machines);
  const machine = cluster.machines[number - 1]!;
  const written = machineFiles(cluster, machine, secrets, box, { uid: 100, gid: 103 });
  return new Map(written.map((file) => [file.path, file]));
};

void t.test('the store speaks only mutual TLS and knows its members', async (t) => {
  const unit = files(3, 2).get('/etc/systemd/system/etcd.service')!.content;
  t.match(unit, /^\[Unit\][^[]*^StartLimitIntervalSec=0$/m, 'tried again for ever');
  t.match(unit, '--initial-cluster=deis-1=https://10.77.4.11:2380,deis-2=https://10.77.4.12:2380,');
  t.match(unit, /--client-cert-auth .*--peer-client-cert-auth/s);
  t.notMatch(unit, 'http://');
  t.strictSame(files(3, 2).get('/etc/etcd/tls/member.key')!.owner, { uid: 100, gid: 103 });
});

void t.test('a machine without a member has no trace of one, and knows the others', async (t) => {
  const paths = [...files(2, 2).keys()];
  t.notOk(paths.some((path) => path.includes('etcd')));
  const about = JSON.parse(files(2, 2).get('/etc/deis/machine.json')!.content) as object;
  t.strictSame(about, {
    name: 'deis-2',
    ip: '10.77.4.12',
    metadata: {},
    etcd: ['https://10.77.4.11:2379'],
    cluster: 'deis',
  });
});

void t.test('private keys and the platform key are for root alone', async (t) => {
  for (const [path, file] of files(3, 1)) {
    if (path.endsWith('.key')) t.equal(file.mode, 0o600, path);
  }
});

void t.test('every template is rendered whole', async (t) => {
  for (const [path, { content }] of files(3, 1)) {
    t.notMatch(content, /undefined|\[object|\{\{/, path);
    t.not(content, '', path);
  }
  JSON.parse(files(3, 1).get('/etc/docker/daemon.json')!.content);
});

void t.test('the daemon starts with the machine only when there is a program for it', async (t) => {
  const units = (deisd: boolean) =>
    enabledUnits(three, three.machines[0]!, deisd).map(([unit]) => unit);
  t.strictSame(units(false), ['host0.service', 'etcd.service']);
  t.strictSame(units(true), [
    'host0.service',
    'etcd.service',
    'deisd.service',
    'deis-drain.service',
  ]);
});

void t.test('machines get no name server on the loopback of the box', async (t) => {
  const text =
    '# comment\nnameserver 127.0.0.53\nnameserver 10.0.0.1\nnameserver ::1\nsearch a b\n';
  t.equal(reachableFromMachines(text), 'nameserver 10.0.0.1\nsearch a b\n');
});
