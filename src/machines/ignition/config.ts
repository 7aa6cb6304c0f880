// What Ignition does at the first boot of a Flatcar or Fedora CoreOS machine, as plain data (specification 3.3.0): the same files that
// every other machine of a cluster has, the accounts they need, and one unit that brings the program.

import { renderTemplate } from '../../adapters/templates.ts';
import { FLEET_LOCK_PORT } from '../../model/reboot.ts';
import {
  type ClusterSecrets,
  type MachineAbout,
  type MemberUnit,
  ETCD_DATA,
  buildsSlice,
  deisFiles,
  dockerDropIn,
  etcdFiles,
} from '../node-files.ts';
import type { FileSpec } from '../write-file.ts';
import { networkFile } from './network.ts';

export type CoreOs = 'flatcar' | 'fcos';

/** Where the program of a machine comes from: an address, a file that somebody puts there, or both. */
export interface ReleaseSource {
  /** http or https; '': wait for the file. */
  url: string;
  /** Of the archive, 64 hexadecimal digits; '': not checked. */
  sha256: string;
  /** On the machine. */
  file: string;
}

export interface IgnitionInput {
  os: CoreOs;
  about: MachineAbout;
  secrets: ClusterSecrets;
  /** Undefined: the machine carries no member of the store. */
  member: Pick<MemberUnit, 'initialCluster' | 'token' | 'discovery'> | undefined;
  /** OpenSSH public keys of those who may log in as `core`. */
  operatorKeys: readonly string[];
  release: ReleaseSource;
  /** Bits of the network's prefix when the address is to be set by us; undefined: the machine gets it elsewhere. */
  staticPrefix: number | undefined;
}

/** Who runs the store's member: an account of its own, as these systems have no package that brings one. */
const ETCD_USER = 'deis-etcd';
const ETCD_ID = 972;
const UNIT_FOLDER = '/etc/systemd/system/';

/** A JSON value that `ignition-validate` accepts. */
export function ignitionConfig(input: IgnitionInput): object {
  const { member, operatorKeys } = input;
  const { units, files } = divide(filesOf(input), input.os);
  const etcd = {
    name: ETCD_USER,
    uid: ETCD_ID,
    system: true,
    noCreateHome: true,
    homeDir: '/var/lib/etcd',
    shell: '/sbin/nologin',
  };
  return {
    ignition: { version: '3.3.0' },
    passwd: {
      users: [{ name: 'core', sshAuthorizedKeys: operatorKeys }, ...(member ? [etcd] : [])],
      ...(member ? { groups: [{ name: ETCD_USER, gid: ETCD_ID, system: true }] } : {}),
    },
    storage: {
      directories: [
        { path: '/etc/deis', mode: 0o700 },
        { path: '/etc/deis/tls', mode: 0o700 },
        ...(member
          ? [{ path: ETCD_DATA, mode: 0o700, user: { id: ETCD_ID }, group: { id: ETCD_ID } }]
          : []),
      ],
      files: files.map(fileEntry),
    },
    systemd: { units: [...units, ...ownUnits(input.os)] },
  };
}

function filesOf(input: IgnitionInput): FileSpec[] {
  const { os, about, secrets, member, release, staticPrefix } = input;
  const { name, ip } = about;
  const machine = { discovery: '', ...member, name, ip };
  const unit: MemberUnit | undefined = member && {
    ...machine,
    initialCluster: member.initialCluster,
    token: member.token,
    state: 'new',
    program: '/opt/deis/bin/etcd',
    user: ETCD_USER,
  };
  return [
    { path: '/etc/hostname', content: `${name}\n` },
    ...(staticPrefix === undefined ? [] : [networkFile(os, ip, staticPrefix)]),
    { path: '/etc/docker/daemon.json', content: renderTemplate('docker/daemon.json', {}) },
    dockerDropIn(),
    buildsSlice(),
    ...deisFiles(about, secrets),
    ...(unit ? etcdFiles(unit, secrets, { uid: ETCD_ID, gid: ETCD_ID }) : []),
    updateFile(os),
    {
      path: '/etc/deis/release.env',
      content: `DEIS_RELEASE_URL=${release.url}\nDEIS_RELEASE_SHA256=${release.sha256}\nDEIS_RELEASE_FILE=${release.file}\n`,
    },
    {
      path: '/etc/deis/install',
      content: renderTemplate('ignition/install.sh', {}),
      mode: 0o700,
    },
  ];
}

/** The system updates itself, and reboots only when the platform says that it may. */
function updateFile(os: CoreOs): FileSpec {
  return os === 'flatcar'
    ? { path: '/etc/flatcar/update.conf', content: 'REBOOT_STRATEGY=off\n' }
    : {
        path: '/etc/zincati/config.d/90-deis.toml',
        content: `[updates]\nenabled = true\nstrategy = "fleet_lock"\n\n[updates.fleet_lock]\nbase_url = "http://127.0.0.1:${FLEET_LOCK_PORT}/"\n`,
      };
}

interface UnitEntry {
  name: string;
  enabled?: boolean;
  mask?: boolean;
  contents?: string;
  dropins?: { name: string; contents: string }[];
}

/** Units go where Ignition wants them; what is below `<unit>.d/` becomes a drop-in of a unit that the system has. */
function divide(all: readonly FileSpec[], os: CoreOs): { units: UnitEntry[]; files: FileSpec[] } {
  const units: UnitEntry[] = [];
  const files: FileSpec[] = [];
  for (const file of all) {
    const [first = '', second] = file.path.startsWith(UNIT_FOLDER)
      ? file.path.slice(UNIT_FOLDER.length).split('/')
      : [];
    if (first === '') files.push(file);
    else if (second === undefined) {
      const isAsked = first === 'deis-reboot.timer' && os === 'flatcar';
      units.push({ name: first, contents: file.content, ...(isAsked && { enabled: true }) });
    } else {
      const dropins = [{ name: second, contents: file.content }];
      units.push({ name: first.replace(/\.d$/, ''), enabled: true, dropins });
    }
  }
  return { units, files };
}

/** The one that brings the program starts the others when it has, and only then. */
function ownUnits(os: CoreOs): UnitEntry[] {
  const contents = renderTemplate('ignition/deis-install.service', {});
  return [
    { name: 'deis-install.service', enabled: true, contents },
    // Its reboots would come whenever it likes: deis-reboot.timer asks the platform first.
    ...(os === 'flatcar' ? [{ name: 'locksmithd.service', mask: true }] : []),
  ];
}

function fileEntry({ path, content, mode = 0o644, owner }: FileSpec): object {
  return {
    path,
    mode,
    overwrite: true,
    contents: { source: `data:;base64,${Buffer.from(content).toString('base64')}` },
    ...(owner ? { user: { id: owner.uid }, group: { id: owner.gid } } : {}),
  };
}
