// The Debian all machines of a checkout stand on: made once, kept under a name that changes with what goes into it.
import { createHash } from 'node:crypto';
import { mkdir, rm, symlink, unlink, writeFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDebianBase } from '../../adapters/debian-base.ts';
import { removeDirectory } from '../../adapters/mounts.ts';
import { statePaths } from '../checkout.ts';
import { clusterNames, findRecord } from './record.ts';

const SUITE = 'bookworm';
const PACKAGES = [
  'systemd systemd-sysv dbus libnss-myhostname iproute2 iptables procps',
  'docker.io etcd-server etcd-client openssh-server ca-certificates curl',
  'iputils-ping',
].flatMap((line) => line.split(' '));
/** Nothing on a machine runs by itself except what this project asks for. */
const MASKED = [
  'apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer',
  'e2scrub_all.timer e2scrub_reap.service systemd-pstore.service',
  'getty@tty1.service console-getty.service systemd-logind.service',
].flatMap((line) => line.split(' '));

/** `rootfs-<digest of suite, packages and masks>`. */
export const BASE_NAME = `rootfs-${createHash('sha256')
  .update(JSON.stringify([SUITE, PACKAGES, MASKED]))
  .digest('hex')
  .slice(0, 12)}`;

export const basePath = (root: string, base: string) => join(statePaths(root).cache, base);

/**
 * Makes the base system if this checkout has none yet (half a minute), and drops older ones that no cluster stands on.
 * One at a time: see who calls it.
 */
export async function ensureBaseSystem(root: string, signal: AbortSignal): Promise<void> {
  await mkdir(statePaths(root).cache, { recursive: true });
  const target = basePath(root, BASE_NAME);
  const group = `deis-base-${createHash('sha256').update(target).digest('hex').slice(0, 8)}`;
  await ensureDebianBase(SUITE, PACKAGES, target, group, customize, signal);
  await dropUnusedBases(root, signal);
}

async function customize(at: string): Promise<void> {
  const system = join(at, 'etc/systemd/system');
  for (const unit of MASKED) await symlink('/dev/null', join(system, unit));
  await rm(join(system, 'default.target'), { force: true });
  await symlink('/lib/systemd/system/multi-user.target', join(system, 'default.target'));
  // A machine that carries no member of etcd must not start one.
  await unlink(join(system, 'multi-user.target.wants/etcd.service'));
  await rm(join(system, 'etcd2.service'), { force: true });
  await writeFile(join(at, 'etc/machine-id'), '');
  for (const file of await readdir(join(at, 'etc/ssh'))) {
    if (file.startsWith('ssh_host_')) await unlink(join(at, 'etc/ssh', file));
  }
}

async function dropUnusedBases(root: string, signal: AbortSignal): Promise<void> {
  const used = new Set([BASE_NAME]);
  for (const name of await clusterNames(root)) {
    const record = await findRecord(root, name);
    if (record) used.add(record.base);
  }
  const { cache } = statePaths(root);
  for (const entry of await readdir(cache)) {
    const stale = /^rootfs-[0-9a-f]{12}(\.new)?$/.test(entry) && !used.has(entry);
    if (stale) await removeDirectory(join(cache, entry), signal);
  }
}
