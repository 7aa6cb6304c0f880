// The shell that begins and ends a member of the store on a machine. Each may be run again after it was cut off.

import { ETCD_DATA, SYSTEM } from '../node-files.ts';
import { dirname } from 'node:path';

/** Files are there; an etcd of the system's own, which a package starts, makes way. */
export function startMemberScript(user: string): string {
  const folder = dirname(ETCD_DATA);
  return `set -eu
[ -d ${folder} ] || { mkdir -p ${folder} && chown ${user} ${folder} && chmod 0700 ${folder}; }
systemctl daemon-reload
systemctl enable etcd.service >/dev/null 2>&1
systemctl is-active --quiet etcd.service && [ -d ${ETCD_DATA} ] || systemctl restart etcd.service
`;
}

/** It ends and starts no more; what it knew is worth nothing without the others, and would be taken for the next one's. */
export const STOP_MEMBER_SCRIPT = `
if [ -e ${SYSTEM}/etcd.service ]; then
  systemctl disable --now etcd.service 2>/dev/null
  rm -f ${SYSTEM}/etcd.service ${SYSTEM}/multi-user.target.wants/etcd.service
  systemctl daemon-reload
  systemctl reset-failed etcd.service 2>/dev/null
fi
rm -rf ${ETCD_DATA}
`;

/** Where a program for a member is, the last that was found; '': nowhere. */
export const FIND_MEMBER_PROGRAM =
  'for p in /opt/deis/bin/etcd "$(command -v etcd)"; do [ ! -x "$p" ] || found=$p; done; printf %s "${found:-}"';
