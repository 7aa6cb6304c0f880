// What Ignition does at a first boot, done by hand to a bare machine: groups, users, folders, files and units as the file says, nothing
// else. Ignition itself runs in the initial file system of the systems it belongs to, which cannot be had here.

import type { BareMachine } from './bare-machine.ts';

interface Owned {
  path: string;
  mode?: number;
  user?: { id: number };
  group?: { id: number };
}

interface Config {
  passwd?: {
    groups?: { name: string; gid: number; system?: boolean }[];
    users?: {
      name: string;
      uid?: number;
      system?: boolean;
      noCreateHome?: boolean;
      homeDir?: string;
      shell?: string;
      sshAuthorizedKeys?: string[];
    }[];
  };
  storage: { directories: Owned[]; files: (Owned & { contents: { source: string } })[] };
  systemd: {
    units: {
      name: string;
      enabled?: boolean;
      mask?: boolean;
      contents?: string;
      dropins?: { name: string; contents: string }[];
    }[];
  };
}

/** The machine has to be told afterwards that its units have changed, as a boot would. */
export async function applyIgnition(machine: BareMachine, text: string): Promise<void> {
  const { passwd = {}, storage, systemd } = JSON.parse(text) as Config;
  const lines = ['set -eu', 'umask 022'];
  for (const { name, gid, system } of passwd.groups ?? []) {
    lines.push(`groupadd ${system ? '--system' : ''} --gid ${gid} ${name}`);
  }
  for (const user of passwd.users ?? []) lines.push(...userLines(user));
  for (const { path, mode = 0o755, user, group } of storage.directories) {
    lines.push(`install -d -m ${mode.toString(8)} ${owner(user, group)} ${path}`);
  }
  for (const { path, mode = 0o644, user, group, contents } of storage.files) {
    const base64 = contents.source.replace(/^data:;base64,/, '');
    lines.push(...write(path, base64), `chmod ${mode.toString(8)} ${path}`);
    if (user ?? group) lines.push(`chown ${user?.id ?? 0}:${group?.id ?? 0} ${path}`);
  }
  const at = '/etc/systemd/system';
  for (const { name, enabled, mask, contents, dropins = [] } of systemd.units) {
    if (contents !== undefined) lines.push(...write(`${at}/${name}`, encode(contents)));
    for (const one of dropins)
      lines.push(...write(`${at}/${name}.d/${one.name}`, encode(one.contents)));
    if (mask) lines.push(`ln -sf /dev/null ${at}/${name}`);
    if (enabled) lines.push(`systemctl enable ${name} 2>/dev/null`);
  }
  await machine.sh(lines.join('\n'));
}

function userLines(user: NonNullable<NonNullable<Config['passwd']>['users']>[number]): string[] {
  const { name, uid, system, noCreateHome, homeDir, shell, sshAuthorizedKeys: known } = user;
  const flags = [
    system ? '--system' : '',
    noCreateHome ? '--no-create-home' : '--create-home',
    uid === undefined ? '' : `--uid ${uid} --gid ${uid}`,
    homeDir === undefined ? '' : `--home-dir ${homeDir}`,
    shell === undefined ? '' : `--shell ${shell}`,
  ];
  const lines = [`id ${name} >/dev/null 2>&1 || useradd ${flags.join(' ')} ${name}`];
  if (known === undefined) return lines;
  const folder = `/home/${name}/.ssh`;
  return [
    ...lines,
    `install -d -m 700 ${folder}`,
    ...write(`${folder}/authorized_keys`, encode(`${known.join('\n')}\n`)),
    `chmod 600 ${folder}/authorized_keys && chown -R ${name}: ${folder}`,
  ];
}

const encode = (text: string): string => Buffer.from(text).toString('base64');

const owner = (user?: { id: number }, group?: { id: number }): string =>
  `${user ? `-o ${user.id}` : ''} ${group ? `-g ${group.id}` : ''}`;

function write(path: string, base64: string): string[] {
  return [`mkdir -p "$(dirname ${path})"`, `base64 -d > ${path} <<'END'\n${base64}\nEND`];
}
