// A host as anybody has one: a Debian with an sshd and nothing of ours, on the network of a test cluster.

import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deleteLink, plug } from '../../src/adapters/bridge.ts';
import { killGroup, removeGroup } from '../../src/adapters/cgroup.ts';
import { ensureDiskImage } from '../../src/adapters/disk-image.ts';
import { mountImage, mountOverlay, removeDirectory } from '../../src/adapters/mounts.ts';
import { renderTemplate } from '../../src/adapters/templates.ts';
import { runInside, startNspawn } from '../../src/adapters/nspawn.ts';
import { run } from '../../src/adapters/process.ts';
import { bridgeName, gatewayAddress } from '../../src/machines/local/address-plan.ts';
import { basePath } from '../../src/machines/local/base-system.ts';
import { readBoxFiles } from '../../src/machines/local/box-files.ts';
import { clusterPaths, readRecord } from '../../src/machines/local/record.ts';

export interface BareMachine {
  ip: string;
  sh(script: string): Promise<string>;
  /** Puts a file of this box there. */
  give(file: string, path: string): Promise<void>;
  /** Every file and directory where programs put things, with its kind, size and mode; and numbers of the kernel. */
  inventory(): Promise<string[]>;
  down(): Promise<void>;
}

const LOOKED_AT = '/etc /opt /usr /root /home /srv /var/lib /var/spool /run/systemd/system';
/** Of the kernel, for this machine alone. */
const NUMBERS = [
  'net.ipv4.ip_forward',
  'net.ipv4.tcp_tw_reuse',
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait',
].join(' ');
/** What a machine changes by itself. */
const RESTLESS =
  /^\S+ (\/var\/lib\/(systemd|apt|dpkg|docker|containerd|private)(\/|$)|\/etc\/(ld\.so\.cache|mtab|passwd-|group-|shadow-|gshadow-)|\/root\/\.)/;

/** `number` is the last part of its address: 200 and more, so that no machine of the cluster has it. */
export async function bareMachine(
  root: string,
  cluster: string,
  number: number,
  signal: AbortSignal,
): Promise<BareMachine> {
  const record = await readRecord(root, cluster);
  const paths = clusterPaths(root, cluster);
  const folder = join(paths.folder, `bare-${number}`);
  const at = (name: string): string => join(folder, name);
  const label = `bare${record.slot}-${number}`;
  const group = `${bridgeName(record.slot)}/bare-${number}`;
  const ip = `10.77.${record.slot}.${number}`;
  for (const name of ['upper', 'work', 'root', 'docker']) {
    await mkdir(at(name), { recursive: true });
  }
  await ensureDiskImage(at('docker.img'), 6 * 2 ** 30, signal);
  await mountImage(at('docker.img'), at('docker'), signal);
  await mountOverlay(basePath(root, record.base), at('upper'), at('work'), at('root'), signal);
  await furnish(at('root'), `bare-${number}`, ip, record.slot, join(paths.ssh, 'id_ed25519.pub'));
  const key = join(at('root'), 'etc/ssh/ssh_host_ed25519_key');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key], {}, signal);
  const init = await startNspawn(
    {
      label,
      hostname: `bare-${number}`,
      root: at('root'),
      group,
      console: at('console.log'),
      bridge: bridgeName(record.slot),
      binds: [{ from: at('docker'), to: '/var/lib/docker', readOnly: false }],
    },
    signal,
  );
  await plug(label, bridgeName(record.slot), signal);
  const sh = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await runInside(init, ['/bin/sh', '-c', script], signal);
    if (code !== 0) throw new Error(`${script.slice(0, 200)}: exit code ${code}: ${stderr}`);
    return stdout;
  };
  for (let tries = 0; ; tries += 1) {
    // One question for each: of several units together systemctl asks for any.
    const up = 'systemctl is-active -q ssh && systemctl is-active -q docker';
    const { code } = await runInside(init, ['/bin/sh', '-c', up], signal);
    if (code === 0) break;
    if (tries > 300) throw new Error(`${label} does not come up: see ${at('console.log')}`);
    await sleep(200, undefined, { signal });
  }
  // A host whose owner runs an etcd is asked for no member of ours.
  await sh('systemctl disable --now etcd 2>/dev/null; rm -rf /var/lib/etcd/default');
  return {
    ip,
    sh,
    give: (file, path) => copyFile(file, join(at('root'), path)),
    async inventory() {
      const listed = await sh(
        `find ${LOOKED_AT} -xdev -printf '%y%m:%s %p %l\\n' 2>/dev/null; sysctl ${NUMBERS}`,
      );
      return listed
        .split('\n')
        .map((line) => line.replace(/^(d\d+):\d+/, '$1'))
        .filter((line) => !RESTLESS.test(line))
        .toSorted();
    },
    async down() {
      await killGroup(group, signal);
      await removeGroup(group);
      await deleteLink(label, signal);
      await removeDirectory(folder, signal);
    },
  };
}

async function furnish(
  at: string,
  name: string,
  ip: string,
  slot: number,
  publicKey: string,
): Promise<void> {
  const address = renderTemplate('machine/host0.service', {
    name,
    ip,
    gateway: gatewayAddress(slot),
  });
  await writeFile(join(at, 'etc/hostname'), `${name}\n`);
  await writeFile(join(at, 'etc/machine-id'), '');
  const system = join(at, 'etc/systemd/system');
  await writeFile(join(system, 'cable.service'), address);
  await mkdir(join(system, 'sysinit.target.wants'), { recursive: true });
  await symlink(
    '/etc/systemd/system/cable.service',
    join(system, 'sysinit.target.wants/cable.service'),
  );
  await mkdir(join(at, 'root/.ssh'), { recursive: true, mode: 0o700 });
  const keyFile = join(at, 'root/.ssh/authorized_keys');
  await writeFile(keyFile, await readFile(publicKey, 'utf8'), { mode: 0o600 });
  const { resolvConf } = await readBoxFiles();
  await rm(join(at, 'etc/resolv.conf'), { force: true });
  await writeFile(join(at, 'etc/resolv.conf'), resolvConf);
}
