// Which files of a machine hold its certificates and what it believes, and the shell that replaces them there; pure.

import { IDENTITIES, identityFolder, MEMBER_FOLDER, TLS_FOLDER } from '../../model/identity.ts';
import type { MachineIdentity } from '../node-files.ts';
import type { FileSpec } from '../write-file.ts';

/** A file that may be replaced. */
export interface PlacedFile extends FileSpec {
  /** Only where there is one: not every machine carries a member of the store. */
  optional: boolean;
}

const COMPONENTS = IDENTITIES.filter((name) => name !== 'etcd');

export function trustFiles(trusted: string): PlacedFile[] {
  const folders = new Set(COMPONENTS.map(identityFolder));
  const own = [...folders].map((folder) => ({ path: `${folder}/ca.crt`, optional: false }));
  const all = [...own, { path: `${MEMBER_FOLDER}/ca.crt`, optional: true }];
  return all.map((file) => ({ ...file, content: trusted }));
}

/** The same texts as deisFiles writes: `local up` finds nothing to change. Of each pair the key comes first. */
export function identityFiles(identity: MachineIdentity): PlacedFile[] {
  const pair = (component: string, base: string, optional: boolean): PlacedFile[] => {
    const { cert, key } = identity[component]!;
    return [
      { path: `${base}.key`, content: key, mode: 0o600, optional },
      { path: `${base}.crt`, content: cert, optional },
    ];
  };
  return [
    ...COMPONENTS.flatMap((name) => pair(name, `${identityFolder(name)}/${name}`, false)),
    // Where each component's files lay before they had folders: units of that time still mount them.
    ...COMPONENTS.filter((name) => identityFolder(name) !== TLS_FOLDER).flatMap((name) =>
      pair(name, `${TLS_FOLDER}/${name}`, true),
    ),
    ...pair('etcd', `${TLS_FOLDER}/etcd`, true),
    ...pair('etcd', `${MEMBER_FOLDER}/member`, true),
  ];
}

/** Where files wait until all are there: on the disk that they belong on. */
export const STAGE = `${TLS_FOLDER}/.new`;

/** Reads a tar of the files below STAGE; each is then put in its place whole, with the owner and the mode of the one before. */
export function placeScript(files: readonly PlacedFile[]): string {
  const lines = files.map(({ path, optional }) => `place ${path} ${optional ? 'optional' : ''}`);
  return `set -eu
trap '' HUP PIPE
umask 077
rm -rf ${STAGE}
mkdir -p ${STAGE}
tar -xf - -C ${STAGE} --no-same-owner
sync
place() {
  if [ -e "$1" ]; then
    cmp -s "$1" "${STAGE}$1" && return 0
    chown --reference="$1" "${STAGE}$1"
    chmod --reference="$1" "${STAGE}$1"
  else
    [ "\${2:-}" != optional ] || return 0
    mkdir -p "\${1%/*}"
  fi
  mv -f "${STAGE}$1" "$1"
}
${lines.join('\n')}
rm -rf ${STAGE}
sync
`;
}
