// What can be wrong with a host that is to join, and what can happen on the way: each is told in words, and none leaves anything there.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { bareMachine } from '../bare-machine.ts';
import { timed } from '../pace.ts';
import { eventually, platform } from '../platform.ts';

const on = await platform();
const bare = await bareMachine(on.root, on.name, 203, on.signal);
t.teardown(() => bare.down());
const before = await bare.inventory();
const LONG = { timeout: 300_000 };

const nodes = async (): Promise<{ id: string; state: string; address: string }[]> =>
  JSON.parse(await on.mustDeisctl('nodes', 'list', '--json')) as never;
const isNode = async (): Promise<boolean> =>
  (await nodes()).some(({ address }) => address === bare.ip);

/** A command that is ended by a signal as soon as it has said this. */
async function endedAt(words: RegExp, signal: NodeJS.Signals, ...args: string[]): Promise<string> {
  const env = { DEISCTL_CLUSTER: on.name, NO_COLOR: '1' };
  const program = join(on.root, 'bin', 'deisctl.js');
  const child = execa(process.execPath, [program, ...args], { env, reject: false, all: true });
  let said = '';
  let ended = false;
  child.all.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (!words.test(said) || ended) return;
    ended = true; // who asks twice is not waited for
    child.kill(signal);
  });
  await child;
  return said;
}

const gone = 'for p in "$@"; do rm -f "/usr/local/bin/$p"; done';
const pretend = (program: string, script: string): string =>
  `printf '#!/bin/sh\n%s\n' '${script}' > /usr/local/bin/${program}; chmod 755 /usr/local/bin/${program}`;

const OBSTACLES: [what: string, words: RegExp, make: string, undo: string][] = [
  [
    'another cluster has it',
    /belongs to the cluster "elsewhere"/,
    `mkdir -p /etc/deis; echo '{"cluster": "elsewhere"}' > /etc/deis/machine.json`,
    'rm -r /etc/deis',
  ],
  [
    'another cluster of the same name has it',
    /belongs to another cluster that is called/,
    `mkdir -p /etc/deis/tls; echo '{"cluster": "${on.name}"}' > /etc/deis/machine.json; printf '%s\n' '-----BEGIN CERTIFICATE-----' MIIXXX '-----END CERTIFICATE-----' > /etc/deis/tls/ca.crt`,
    'rm -r /etc/deis',
  ],
  [
    'its port is taken',
    /somebody listens on its port 7600/,
    'systemd-run -q --unit=squatter systemd-socket-activate -l 7600 cat; until grep -q :1DB0 /proc/net/tcp6; do sleep 0.1; done',
    'systemctl stop squatter',
  ],
  [
    'its disk is full',
    /only \d+ MB of disk are free; 3 GB are needed/,
    'mount -t tmpfs -o size=100m tmpfs /opt',
    'umount /opt',
  ],
  [
    'its Docker is set up with nonsense',
    /daemon\.json is no JSON/,
    `echo '{"bip": ' > /etc/docker/daemon.json`,
    'rm /etc/docker/daemon.json',
  ],
  ['it has another processor', /its processor is riscv64/, pretend('uname', 'echo riscv64'), gone],
  ['its clock is off', /its clock is \d{6,} s behind/, pretend('date', 'echo 1000'), gone],
  [
    'it takes passwords only',
    /takes none of the keys/,
    'echo "PubkeyAuthentication no" > /etc/ssh/sshd_config.d/0.conf; systemctl reload ssh',
    'rm /etc/ssh/sshd_config.d/0.conf; systemctl reload ssh',
  ],
];

t.test('what stands against it is told, and nothing is changed', LONG, async (t) => {
  for (const [what, words, make, undo] of OBSTACLES) {
    await bare.sh(make);
    const { code, stderr } = await on.deisctl('nodes', 'create', bare.ip);
    await bare.sh(undo === gone ? 'rm -f /usr/local/bin/uname /usr/local/bin/date' : undo);
    t.equal(code === 0, false, what);
    t.match(stderr, words, what);
  }
  const nobody = await on.deisctl('nodes', 'create', bare.ip.replace(/\d+$/, '250'));
  t.match(nobody.stderr, /does not answer on port 22/);
  t.notOk(await isNode());
  t.strictSame(await bare.inventory(), before);
  t.equal((await bare.sh('systemctl is-active docker')).trim(), 'active');
});

t.test('given up half way, it is as it was', LONG, async (t) => {
  for (const words of [/Looking at/, /Notes of how it was/, /Certificates, settings/]) {
    const said = await endedAt(words, 'SIGINT', 'nodes', 'create', bare.ip);
    t.notMatch(said, /✓ In the cluster/);
    t.strictSame(await bare.inventory(), before, String(words));
    t.notOk(await isNode(), String(words));
  }
});

t.test('killed half way, and given again', LONG, async (t) => {
  for (const words of [/Notes of how it was/, /✓ Docker and deisd/]) {
    await endedAt(words, 'SIGKILL', 'nodes', 'create', bare.ip);
  }
  await on.mustDeisctl('nodes', 'create', bare.ip);
  const found = (await nodes()).find(({ address }) => address === bare.ip);
  t.match(found, { id: 'bare-203', state: 'ready' });
  const again = await on.deisctl('nodes', 'create', bare.ip);
  t.not(again.code, 0);
  t.match(again.stderr, /is in the cluster already, as bare-203/);
  t.ok(await isNode());
});

t.test(
  'a host that died is forgotten, and one that comes back can be sent home',
  LONG,
  async (t) => {
    t.match((await on.deisctl('nodes', 'destroy', 'bare-203', '--gone')).stderr, /is alive/);
    await bare.sh('systemctl stop deisd docker.socket docker ssh.socket ssh; true');
    const refused = await on.deisctl('nodes', 'destroy', 'bare-203');
    t.not(refused.code, 0);
    t.match(refused.stderr, /does not answer[^]*nodes destroy bare-203 --gone/);
    await eventually('it is silent', 60, async () => {
      const found = (await nodes()).find(({ id }) => id === 'bare-203');
      return found?.state === 'lost';
    });
    await on.mustDeisctl('nodes', 'destroy', 'bare-203', '--gone');
    t.notOk(await isNode());
    await bare.sh('systemctl start docker ssh deisd');
    await sleep(3000);
    await on.mustDeisctl('nodes', 'create', bare.ip);
    await on.mustDeisctl('nodes', 'destroy', 'bare-203');
    t.notOk(await isNode());
    t.strictSame(await bare.inventory(), before);
  },
);

t.test('a sudo user, and a host without Docker', LONG, async (t) => {
  await bare.sh(
    'apt-get update -q && apt-get install -y -q sudo && apt-get purge -y -q docker.io containerd runc && apt-get autoremove -y -q --purge; rm -rf /etc/docker /run/docker; find /var/lib/docker -mindepth 1 -delete; ip link del docker0; groupdel docker; true',
  );
  await bare.sh(`useradd -m ops && cp -r /root/.ssh /home/ops/ && chown -R ops: /home/ops/.ssh`);
  const host = `ops@${bare.ip}`;
  const refused = await on.deisctl('nodes', 'create', host);
  t.match(refused.stderr, /ops@\S+ may not become root: sudo: a password is required/);
  await bare.sh(`echo 'ops ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ops`);
  const bald = await bare.inventory();
  await endedAt(/✓ Program and images/, 'SIGINT', 'nodes', 'create', host);
  t.strictSame(await bare.inventory(), bald, 'given up while packages came');
  const { seconds, bound } = await timed(60, () => on.mustDeisctl('nodes', 'create', host));
  t.ok(seconds <= bound, `${seconds.toFixed(1)} s, bound ${bound.toFixed(0)} s`);
  t.match(await nodes(), [{}, {}, {}, {}].slice(0, on.context.machines.length + 1));
  await on.mustDeisctl('nodes', 'destroy', 'bare-203');
  t.strictSame(await bare.inventory(), bald);
  t.notMatch(await bare.sh('iptables-save; ip link; ps -e'), /docker|DEIS|deis|containerd/);
});
