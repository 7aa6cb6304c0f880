// Faults of machines and their ground: power, cables, clocks, disks, certificates, the store, Docker, daemons, names, ports.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '../../../src/adapters/pki.ts';
import { identityFolder } from '../../../src/model/identity.ts';
import type { TestPlatform } from '../platform.ts';
import type { RealFault } from './doctor.ts';

const DAY = 24 * 3600 * 1000;
const nameOf = (on: TestPlatform, number: number): string => on.context.machines[number - 1]!.name;
const ipOf = (on: TestPlatform, number: number): string => on.context.machines[number - 1]!.ip;
const tls =
  '--cacert /etc/deis/tls/ca.crt --cert /etc/deis/tls/deisd.crt --key /etc/deis/tls/deisd.key';
export const etcdctl = (words: string): string =>
  `ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 ${tls} ${words}`;

/** An hour ahead for Node's clock: local machines share the clock of the kernel, so no real one can be put forward. */
const AHEAD = 'const now = Date.now; Date.now = () => now() + 3600 * 1000;';
const DROP_IN = '/run/systemd/system/deisd.service.d';

/** A small disk of its own over the journal's folder, filled by this command. */
const logDisk = (options: string, fill: string): Pick<RealFault, 'subject' | 'make' | 'after'> => ({
  subject: /-2 \/var\/log\/journal$/,
  make: (on) =>
    on.sh(
      2,
      `mount -t tmpfs -o ${options} tmpfs /var/log/journal; cd /var/log/journal; ${fill}; true`,
    ),
  after: (on) => on.exec(2, 'umount /var/log/journal; systemctl restart systemd-journald'),
});

/** Where the one instance of a component runs, by number. */
export async function machineWith(on: TestPlatform, unit: string): Promise<number> {
  const rows = JSON.parse(await on.mustDeisctl('list', '--json')) as {
    unit: string;
    machine: string;
  }[];
  const machine = rows.find((row) => row.unit.startsWith(unit))?.machine;
  return on.context.machines.findIndex(({ name }) => name === machine) + 1;
}

async function writePair(
  on: TestPlatform,
  machine: number,
  component: string,
  pair: { cert?: string; key: string },
): Promise<void> {
  const path = `${identityFolder(component)}/${component}`;
  await on.exec(machine, `cat >${path}.key`, pair.key);
  if (pair.cert !== undefined) await on.exec(machine, `cat >${path}.crt`, pair.cert);
}

/** A pair of the cluster's own authority whose time is over. */
async function expired(on: TestPlatform, component: string) {
  const folder = join(on.root, '.deis', 'clusters', on.name, 'tls');
  const [cert, key] = await Promise.all(
    ['ca.crt', 'ca.key'].map((file) => readFile(join(folder, file), 'utf8')),
  );
  const now = Date.now();
  return issueCertificate(
    { cert: cert!, key: key! },
    {
      commonName: component,
      hosts: ['localhost'],
      notBefore: new Date(now - 9 * DAY),
      notAfter: new Date(now - DAY),
    },
  );
}

export const MACHINE_FAULTS: RealFault[] = [
  {
    name: 'one etcd member down',
    fault: 'member-down',
    subject: /-2$/,
    make: (on) => on.sh(2, 'systemctl stop etcd'),
  },
  {
    name: 'no quorum',
    fault: 'no-quorum',
    subject: /etcd/,
    make: (on) => Promise.all([2, 3].map((machine) => on.sh(machine, 'systemctl stop etcd'))),
    mend: [0, 1],
  },
  {
    name: 'clock 1 h off',
    fault: 'clock-off',
    subject: /-2$/,
    make: async (on) => {
      await on.exec(2, 'cat >/run/ahead.mjs', AHEAD);
      const lines = '[Service]\\nEnvironment=NODE_OPTIONS=--import=file:///run/ahead.mjs\\n';
      await on.sh(2, `mkdir -p ${DROP_IN}; printf '${lines}' >${DROP_IN}/ahead.conf`);
      await on.sh(2, 'systemctl daemon-reload; systemctl restart deisd');
    },
    // What NTP would do here.
    before: (on) => on.sh(2, `rm -r ${DROP_IN}; systemctl daemon-reload`),
  },
  {
    name: 'disk full',
    fault: 'disk-full',
    subject: /-2 \/var\/lib\/docker$/,
    make: (on) =>
      on.sh(
        2,
        'fallocate -l $(($(df --output=avail -B1 /var/lib/docker | tail -n 1) / 100 * 99)) /var/lib/docker/core.1234',
      ),
    mend: [/ rm \/var\/lib\/docker\/core\.1234$/],
  },
  {
    name: 'inodes full',
    fault: 'inodes-full',
    ...logDisk('size=64m,nr_inodes=300', 'i=0; while touch f$i 2>/dev/null; do i=$((i+1)); done'),
  },
  {
    name: 'a full log disk',
    mend: [0, / rm \/var\/log\/journal\/old/],
    fault: 'log-disk-full',
    ...logDisk('size=32m', 'cat /dev/zero >old.journal 2>/dev/null'),
  },
  {
    name: 'a certificate expired',
    fault: 'certificate-expired',
    subject: /-2 registry$/,
    make: async (on) => writePair(on, 2, 'registry', await expired(on, 'registry')),
    mend: [0, 1],
  },
  {
    name: 'a key that does not fit',
    fault: 'key-unfit',
    subject: /-3 deisd$/,
    make: async (on) => {
      const now = new Date();
      const { key } = await createAuthority('another', now, new Date(now.getTime() + DAY));
      await writePair(on, 3, 'deisd', { key });
      await on.exec(3, 'systemctl restart deisd');
    },
  },
  {
    name: 'Docker down',
    fault: 'docker-down',
    subject: /-\d$/,
    // The builder has Docker's socket mounted: where it runs, a new socket is a fault of its own.
    make: async (on) => {
      const machine = ((await machineWith(on, 'deis-builder')) % 3) + 1;
      await on.sh(machine, 'systemctl stop docker.socket docker');
    },
  },
  {
    name: 'deisd dead',
    fault: 'deisd-dead',
    subject: /-2$/,
    make: (on) => on.sh(2, 'systemctl stop deisd'),
  },
  {
    name: 'deisd frozen',
    fault: 'deisd-frozen',
    subject: /-2$/,
    make: (on) => on.sh(2, 'systemctl kill --kill-who=main -s STOP deisd'),
  },
  {
    name: 'DNS of a machine broken',
    fault: 'dns-broken',
    subject: /-2$/,
    make: (on) => on.sh(2, 'echo nameserver 192.0.2.1 >/etc/resolv.conf'),
  },
  {
    name: 'a firewall between two machines',
    fault: 'firewall',
    subject: /-1 and .*-2$/,
    make: (on) => on.sh(1, `iptables -A INPUT -s ${ipOf(on, 2)} -j DROP`),
    mend: [0, 1],
    after: async (on) => {
      await on.exec(1, `iptables -D INPUT -s ${ipOf(on, 2)} -j DROP`);
      for (const [machine, other] of [
        [1, 2],
        [2, 1],
      ] as const) {
        await on.exec(machine, `iptables -D INPUT -s ${ipOf(on, other)} -j ACCEPT`);
        await on.exec(machine, `iptables -D OUTPUT -d ${ipOf(on, other)} -j ACCEPT`);
      }
    },
  },
  {
    name: 'a machine cut off',
    fault: 'machine-cut',
    subject: /-3$/,
    make: (on) => on.cut(nameOf(on, 3)),
    after: (on) => on.heal(nameOf(on, 3)),
  },
];
