// The files by which a machine is one of ours, as plain data: the same for machines of this box and for hosts that joined.

import { renderTemplate } from '../adapters/templates.ts';
import type { KeyPair } from '../adapters/pki.ts';
import { identityFolder, MEMBER_FOLDER } from '../model/identity.ts';
import type { FileSpec } from './write-file.ts';

/** Key pairs of one machine, by component. */
export type MachineIdentity = Record<string, KeyPair>;

/** What a machine is told of itself: /etc/deis/machine.json. */
export interface MachineAbout {
  name: string;
  ip: string;
  metadata: Record<string, string>;
  /** Client URLs of the store's members. */
  etcd: readonly string[];
  cluster: string;
}

export interface ClusterSecrets {
  /** PEM of the authorities that the machine believes. */
  ca: string;
  identity: MachineIdentity;
  /** Base64 of 32 bytes. */
  platformKey: string;
}

/** A member of the store as its unit names it. */
export interface MemberUnit {
  name: string;
  ip: string;
  /** `<name>=https://<ip>:2380`, comma separated: the members it starts with, itself among them. */
  initialCluster: string;
  token: string;
  /** Address of an etcd discovery service, which then says who the first members are. */
  discovery?: string;
  /** `existing`: it was added to a store that runs. Counts at its first start only. */
  state: 'new' | 'existing';
  program: string;
  user: string;
}

export const SYSTEM = '/etc/systemd/system';
/** Of every machine, from templates/deisd. */
const DEIS_UNITS = [
  'deisd.service',
  'deis-drain.service',
  'deis-reboot.service',
  'deis-reboot.timer',
];
export const ETCD_DATA = '/var/lib/etcd/deis';

export function machineJson({ name, ip, metadata, etcd, cluster }: MachineAbout): string {
  return `${JSON.stringify({ name, ip, metadata, etcd, cluster }, undefined, 2)}\n`;
}

/** Its place in a formation, which deisd follows from then on: without it, it would be of the default one until it has read the store. */
export function labelsFile(labels: Record<string, string>): FileSpec {
  const content = `${JSON.stringify(labels)}\n`;
  const path = '/var/lib/deis/agent/labels.json';
  return { path, content, mode: 0o600, folderMode: 0o700, once: true };
}

export function deisFiles(about: MachineAbout, secrets: ClusterSecrets): FileSpec[] {
  const { etcd: _, ...identities } = secrets.identity;
  return [
    { path: '/etc/deis/machine.json', content: machineJson(about), once: true },
    { path: '/etc/deis/platform.key', content: secrets.platformKey, mode: 0o600 },
    ...DEIS_UNITS.map((unit) => ({
      path: `${SYSTEM}/${unit}`,
      content: renderTemplate(`deisd/${unit}`, {}),
    })),
    ...Object.entries(identities).flatMap(([component, pair]) => {
      const folder = identityFolder(component);
      return [
        { path: `${folder}/ca.crt`, content: secrets.ca },
        { path: `${folder}/${component}.key`, content: pair.key, mode: 0o600 },
        { path: `${folder}/${component}.crt`, content: pair.cert },
      ];
    }),
  ];
}

/** `owner`: the account that its key belongs to. */
export function etcdFiles(
  unit: MemberUnit,
  { ca, identity }: Pick<ClusterSecrets, 'ca' | 'identity'>,
  owner: { uid: number; gid: number },
): FileSpec[] {
  const pair = identity['etcd']!;
  return [
    { path: `${MEMBER_FOLDER}/ca.crt`, content: ca },
    { path: `${MEMBER_FOLDER}/member.key`, content: pair.key, mode: 0o600, owner },
    { path: `${MEMBER_FOLDER}/member.crt`, content: pair.cert },
    {
      path: `${SYSTEM}/etcd.service`,
      content: renderTemplate('etcd/etcd.service', { discovery: '', ...unit, data: ETCD_DATA }),
    },
  ];
}

/** How Docker's unit is on all our machines. */
export function dockerDropIn(): FileSpec {
  return {
    path: `${SYSTEM}/docker.service.d/deis.conf`,
    content: renderTemplate('docker/docker.service.d-deis.conf', {}),
  };
}

/** What all builds of a machine share: a bound on their processes. */
export function buildsSlice(): FileSpec {
  return {
    path: `${SYSTEM}/deis-builds.slice`,
    content: renderTemplate('machine/deis-builds.slice', {}),
  };
}
