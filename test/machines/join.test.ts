// What a host must be to join, and what is changed about its Docker: data in, data out.

import { execFileSync } from 'node:child_process';
import t from 'tap';
import { asRoot } from '../../src/adapters/ssh-host.ts';
import { BOX_ARCH } from '../../src/machines/join/box-arch.ts';
import type { Machine } from '../../src/model/cluster.ts';
import type { Node } from '../../src/model/formation.ts';
import { requireNew } from '../../src/cli/nodes/newcomer.ts';
import { dockerSettings } from '../../src/machines/join/docker-settings.ts';
import { FACTS_SCRIPT, type HostFacts, parseFacts } from '../../src/machines/join/host-facts.ts';
import { hostProblems, missingPackages } from '../../src/machines/join/host-problems.ts';
import { LEAVE_SCRIPT, prepareScript, startScript } from '../../src/machines/join/scripts.ts';
import {
  FIND_MEMBER_PROGRAM,
  startMemberScript,
  STOP_MEMBER_SCRIPT,
} from '../../src/machines/members/scripts.ts';
import { parseHost } from '../../src/machines/ssh-keys.ts';

const NOW = 1_790_000_000;
const DEIS = {
  name: 'deis',
  trusted: '-----BEGIN CERTIFICATE-----\nMIIB\nabc=\n-----END CERTIFICATE-----\n',
};
const GOOD: HostFacts = {
  os: 'debian',
  arch: BOX_ARCH,
  init: 'systemd',
  systemd: 252,
  machine: 'a'.repeat(32),
  hostname: 'shed',
  clock: NOW + 1,
  libc: '2.36',
  readonly: [],
  free: 10 * 2 ** 20,
  missing: [],
  apt: true,
  docker: true,
  dockerState: 'active',
  dockerFlags: 'dockerd -H fd://',
  daemonJson: '',
  etcd: '',
  etcdUser: undefined,
  cluster: '',
  authorities: [],
  begun: false,
  ports: [22],
};

t.test('a host that can join, and every reason why another cannot', async (t) => {
  t.strictSame(hostProblems(GOOD, DEIS, NOW), []);
  const rows: [Partial<HostFacts>, RegExp][] = [
    [{ cluster: 'other' }, /belongs to the cluster "other"/],
    [{ cluster: 'deis' }, /a machine of this cluster already/],
    [{ init: 'init' }, /first process is init, not systemd/],
    [{ systemd: 219 }, /systemd is 219/],
    [{ arch: 'riscv64' }, /processor is riscv64/],
    [{ libc: '' }, /not the GNU one/],
    [{ libc: '2.17' }, /2\.17/],
    [{ machine: '' }, /no machine-id/],
    [{ readonly: ['/opt'] }, /\/opt is read-only/],
    [{ free: 1024 }, /only 1 MB/],
    [{ clock: NOW - 300 }, /300 s behind/],
    [{ missing: ['iptables'], apt: false }, /no iptables/],
    [{ docker: false, apt: false }, /no Docker Engine, and no apt-get/],
    [{ ports: [7600] }, /port 7600/],
    [{ daemonJson: '{"bip": }' }, /daemon\.json is no JSON/],
    [
      { cluster: 'deis', authorities: ['MIIX'], begun: true },
      /another cluster that is called "deis"/,
    ],
  ];
  for (const [facts, words] of rows) {
    const problems = hostProblems({ ...GOOD, ...facts }, DEIS, NOW);
    t.equal(problems.length, 1, JSON.stringify(facts));
    t.match(problems[0], words);
  }
  t.strictSame(hostProblems({ ...GOOD, cluster: 'deis', begun: true }, DEIS, NOW), [], 'again');
  const own = { cluster: 'deis', authorities: ['MIIX', 'MIIBabc='], begun: true };
  t.strictSame(hostProblems({ ...GOOD, ...own }, DEIS, NOW), [], 'also while authorities change');
});

t.test('a clone is no newcomer, a join that was cut off is', async (t) => {
  const machine = GOOD.machine;
  const taken = [{ id: machine, name: 'shed' }] as unknown as Machine[];
  const nodes = [{ id: 'shed', machine }] as unknown as Node[];
  const living = new Set([machine]);
  t.doesNotThrow(() => requireNew(GOOD, [], [], new Set()));
  t.throws(() => requireNew(GOOD, taken, [], living), { message: /already: shed/ });
  t.doesNotThrow(() => requireNew(GOOD, taken, [], new Set()), 'what a killed run left');
  t.doesNotThrow(() => requireNew({ machine, begun: true }, taken, [], living), 'cut off');
  const joined = { message: 'the host is in the cluster already, as shed' };
  t.throws(() => requireNew({ machine, begun: true }, taken, nodes, living), joined);
});

t.test('packages that are missing', async (t) => {
  t.strictSame(missingPackages(GOOD), []);
  const bare = { docker: false, missing: ['ip', 'iptables', 'iptables-restore'] };
  t.strictSame(missingPackages(bare), ['docker.io', 'iproute2', 'iptables']);
});

t.test("Docker's settings keep what the owner wrote, and no flag is said twice", async (t) => {
  const read = (text: string | undefined) => JSON.parse(text!) as Record<string, unknown>;
  t.match(read(dockerSettings('', '', true)), { 'live-restore': true, 'log-driver': 'journald' });
  t.strictSame(read(dockerSettings('{"bip":"10.9.0.1/16","live-restore":false}', '', false)), {
    bip: '10.9.0.1/16',
    'live-restore': true,
    'userland-proxy': false,
  });
  const flags = 'dockerd --live-restore --userland-proxy=false --log-driver=journald';
  t.equal(dockerSettings('', flags, false), undefined);
  t.throws(() => dockerSettings('{', '', false), SyntaxError);
});

t.test('the facts of this box can be read', async (t) => {
  const facts = parseFacts(execFileSync('/bin/sh', ['-c', FACTS_SCRIPT], { encoding: 'utf8' }));
  t.equal(facts.arch, BOX_ARCH);
  t.ok(Math.abs(facts.clock - Date.now() / 1000) < 60);
  t.ok(facts.free > 0);
  t.equal(facts.begun, false);
});

t.test('scripts are what a POSIX shell can read', async () => {
  const scripts = [
    prepareScript(["/etc/it's"], ['docker.io'], '10.0.0.1'),
    startScript('v1', true),
    LEAVE_SCRIPT,
    startMemberScript('etcd'),
    STOP_MEMBER_SCRIPT,
    FIND_MEMBER_PROGRAM,
  ];
  for (const script of scripts) execFileSync('/bin/sh', ['-n'], { input: script });
});

t.test('a script is one word to sudo', async (t) => {
  t.equal(asRoot('root', `echo 'a'`), `/bin/sh -c 'echo '\\''a'\\'''`);
  t.match(asRoot('core', 'id'), /^sudo -n -- \/bin\/sh -c 'id'$/);
});

t.test('hosts as people name them', async (t) => {
  t.strictSame(parseHost('10.0.0.7'), { user: 'root', host: '10.0.0.7', port: 22 });
  t.strictSame(parseHost('core@shed.lan:2222'), { user: 'core', host: 'shed.lan', port: 2222 });
  for (const bad of ['', '-oProxyCommand=x', 'a b', 'root@', 'x:99999', '$(id)']) {
    t.equal(parseHost(bad), undefined, bad);
  }
});
