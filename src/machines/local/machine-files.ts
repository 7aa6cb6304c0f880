// Every file a local machine gets from us, as plain data. What it does not get: anything the machine itself may have changed (`once`).
import { renderTemplate } from '../../adapters/templates.ts';
import type { FileSpec } from '../write-file.ts';
import {
  type ClusterSecrets,
  type MachineAbout,
  type MemberUnit,
  SYSTEM,
  deisFiles,
  buildsSlice,
  dockerDropIn,
  etcdFiles,
  labelsFile,
} from '../node-files.ts';
import { gatewayAddress, memberNumbers } from './address-plan.ts';
import type { ClusterRecord, MachineRecord } from './record.ts';

/** What the files are made from, besides the record. */
export interface MachineSecrets extends ClusterSecrets {
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

/** Client URLs of the cluster's etcd members. */
export function etcdEndpoints(record: ClusterRecord): string[] {
  return record.endpoints ?? members(record).map(({ ip }) => `https://${ip}:2379`);
}

function members(record: ClusterRecord): MachineRecord[] {
  const numbers = memberNumbers(record);
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
    ...deisFiles(aboutOf(record, machine), secrets),
    ...buildFiles(box),
    ...(machine.labels ? [labelsFile(machine.labels)] : []),
    ...(members(record).includes(machine)
      ? etcdFiles(memberOf(record, machine), secrets, etcd)
      : []),
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
    dockerDropIn(),
    buildsSlice(),
  ];
}

function aboutOf(record: ClusterRecord, machine: MachineRecord): MachineAbout {
  const { name, ip, metadata = {} } = machine;
  return { name, ip, metadata, etcd: etcdEndpoints(record), cluster: record.name };
}

/** What builds on this machine borrow; nothing of it is left in an image. */
function buildFiles({ caBundle, npmrc }: BoxFiles): FileSpec[] {
  const lent = { 'ca-certificates.crt': caBundle, npmrc };
  return Object.entries(lent).flatMap(([name, content]) =>
    content === undefined ? [] : [{ path: `/etc/deis/loans/${name}`, content }],
  );
}

function memberOf(record: ClusterRecord, machine: MachineRecord): MemberUnit {
  const { name, ip, joined, initialCluster } = machine;
  const all = members(record).map((member) => `${member.name}=https://${member.ip}:2380`);
  return {
    name,
    ip,
    initialCluster: initialCluster ?? all.join(','),
    token: `deis-${record.name}-${record.machines[0]!.id}`,
    state: joined ? 'existing' : 'new',
    program: '/usr/bin/etcd',
    user: 'etcd',
  };
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
    ...(deisd
      ? ([
          ['deisd.service', 'multi-user.target'],
          ['deis-drain.service', 'multi-user.target'],
        ] as [string, string][])
      : []),
  ];
}
