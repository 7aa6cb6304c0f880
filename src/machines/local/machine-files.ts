// Every file a local machine gets from us, as plain data. What it does not get: anything the machine itself may have changed (`once`).
import { renderTemplate } from '../../adapters/templates.ts';
import type { FileSpec } from '../write-file.ts';
import { etcdMembers, gatewayAddress } from './address-plan.ts';
import type { MachineIdentity } from './authority.ts';
import type { ClusterRecord, MachineRecord } from './record.ts';

/** What the files are made from, besides the record. */
export interface MachineSecrets {
  /** PEM of the cluster's authority. */
  ca: string;
  identity: MachineIdentity;
  /** Base64 of 32 bytes. */
  platformKey: string;
  /** OpenSSH public key of the operator. */
  operatorKey: string;
}

/** What the box lends: its name servers and the authorities it trusts. */
export interface BoxFiles {
  resolvConf: string;
  /** PEM bundle; undefined keeps the machine's own. */
  caBundle: string | undefined;
  /** npmrc(5) lines that say where packages come from, without any credential; undefined: npm's own default. */
  npmrc: string | undefined;
}

export interface EtcdAccount {
  uid: number;
  gid: number;
}

const SYSTEM = '/etc/systemd/system';

/** Client URLs of the cluster's etcd members. */
export function etcdEndpoints(record: ClusterRecord): string[] {
  return members(record).map(({ ip }) => `https://${ip}:2379`);
}

function members(record: ClusterRecord): MachineRecord[] {
  const numbers = etcdMembers(record.machines.length);
  return record.machines.filter(({ number }) => numbers.includes(number));
}

/** The files of one machine, in the order to write them. */
export function machineFiles(
  record: ClusterRecord,
  machine: MachineRecord,
  secrets: MachineSecrets,
  box: BoxFiles,
  etcd: EtcdAccount,
): FileSpec[] {
  return [
    ...systemFiles(record, machine, secrets, box),
    ...dockerFiles(),
    ...deisFiles(record, machine, secrets),
    ...buildFiles(box),
    ...(members(record).includes(machine) ? etcdFiles(record, machine, secrets, etcd) : []),
  ];
}

function systemFiles(
  record: ClusterRecord,
  machine: MachineRecord,
  secrets: MachineSecrets,
  box: BoxFiles,
): FileSpec[] {
  const cable = { name: machine.name, ip: machine.ip, gateway: gatewayAddress(record.slot) };
  const bundle = '/etc/ssl/certs/ca-certificates.crt';
  return [
    { path: '/etc/hostname', content: `${machine.name}\n` },
    { path: '/etc/machine-id', content: `${machine.id}\n` },
    { path: '/etc/hosts', content: renderTemplate('machine/hosts', record) },
    { path: '/etc/resolv.conf', content: box.resolvConf },
    ...(box.caBundle === undefined ? [] : [{ path: bundle, content: box.caBundle }]),
    { path: `${SYSTEM}/host0.service`, content: renderTemplate('machine/host0.service', cable) },
    {
      path: '/etc/systemd/journald.conf.d/deis.conf',
      content: renderTemplate('machine/journald.conf', {}),
    },
    { path: '/etc/ssh/sshd_config.d/deis.conf', content: renderTemplate('machine/sshd.conf', {}) },
    { path: '/root/.ssh/authorized_keys', content: secrets.operatorKey, mode: 0o600 },
  ];
}

function dockerFiles(): FileSpec[] {
  return [
    { path: '/etc/docker/daemon.json', content: renderTemplate('docker/daemon.json', {}) },
    {
      path: `${SYSTEM}/docker.service.d/deis.conf`,
      content: renderTemplate('docker/docker.service.d-deis.conf', {}),
    },
  ];
}

function deisFiles(
  record: ClusterRecord,
  machine: MachineRecord,
  secrets: MachineSecrets,
): FileSpec[] {
  const { etcd: _, ...identities } = secrets.identity;
  const about = {
    name: machine.name,
    ip: machine.ip,
    metadata: {},
    etcd: etcdEndpoints(record),
    cluster: record.name,
  };
  const json = `${JSON.stringify(about, undefined, 2)}\n`;
  return [
    { path: '/etc/deis/machine.json', content: json, once: true },
    { path: '/etc/deis/platform.key', content: secrets.platformKey, mode: 0o600 },
    { path: '/etc/deis/tls/ca.crt', content: secrets.ca },
    ...Object.entries(identities).flatMap(([component, pair]) => [
      { path: `/etc/deis/tls/${component}.key`, content: pair.key, mode: 0o600 },
      { path: `/etc/deis/tls/${component}.crt`, content: pair.cert },
    ]),
    { path: `${SYSTEM}/deisd.service`, content: renderTemplate('deisd/deisd.service', {}) },
  ];
}

/** What builds on this machine borrow; nothing of it is left in an image. */
function buildFiles({ caBundle, npmrc }: BoxFiles): FileSpec[] {
  const lent = { 'ca-certificates.crt': caBundle, npmrc };
  return Object.entries(lent).flatMap(([name, content]) =>
    content === undefined ? [] : [{ path: `/etc/deis/loans/${name}`, content }],
  );
}

function etcdFiles(
  record: ClusterRecord,
  machine: MachineRecord,
  secrets: MachineSecrets,
  owner: EtcdAccount,
): FileSpec[] {
  const pair = secrets.identity['etcd']!;
  const unit = {
    name: machine.name,
    ip: machine.ip,
    initialCluster: members(record)
      .map(({ name, ip }) => `${name}=https://${ip}:2380`)
      .join(','),
    token: `deis-${record.name}-${record.machines[0]!.id}`,
  };
  return [
    { path: '/etc/etcd/tls/ca.crt', content: secrets.ca },
    { path: '/etc/etcd/tls/member.key', content: pair.key, mode: 0o600, owner },
    { path: '/etc/etcd/tls/member.crt', content: pair.cert },
    { path: `${SYSTEM}/etcd.service`, content: renderTemplate('etcd/etcd.service', unit) },
  ];
}

/** Units that start with the machine: [unit, who wants it]. `deisd` only when there is a program for it to run. */
export function enabledUnits(
  record: ClusterRecord,
  machine: MachineRecord,
  deisd: boolean,
): [unit: string, target: string][] {
  return [
    ['host0.service', 'sysinit.target'],
    ...(members(record).includes(machine)
      ? ([['etcd.service', 'multi-user.target']] as [string, string][])
      : []),
    ...(deisd ? ([['deisd.service', 'multi-user.target']] as [string, string][]) : []),
  ];
}
