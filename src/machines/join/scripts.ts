// The shell that makes a host a machine of ours and a host again. What was there before is written down under /var/lib/deis/join, and
// put back from there: each script may be run again after it was cut off.

import { ETCD_DATA } from '../node-files.ts';

const NOTES = '/var/lib/deis/join';
export const OPT_VERSIONS = '/opt/deis-versions';
/** What the agent sets (agent/many-connections.ts); the first is there while packets are filtered, and 120 then by itself. */
const TIME_WAIT = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait';
const TW_REUSE = '/proc/sys/net/ipv4/tcp_tw_reuse';

/** One shell word. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Remembers what stands at these paths now, and how Docker and forwarding are. Prints the host's address towards `etcd`. */
export function prepareScript(
  paths: readonly string[],
  packages: readonly string[],
  etcd: string,
): string {
  return `set -eu
umask 077
J=${NOTES}
mkdir -p $J/saved
note() { [ -e "$J/$1" ] || printf '%s\\n' "$2" > "$J/$1"; }
note docker "$(command -v dockerd >/dev/null 2>&1 && systemctl is-active docker.service 2>/dev/null || { command -v dockerd >/dev/null 2>&1 && echo inactive || echo absent; })"
note enabled "$(systemctl is-enabled docker.service 2>/dev/null || echo no)"
note group "$(getent group docker >/dev/null && echo yes || echo no)"
note key "$([ -e /etc/docker/key.json ] && echo yes || echo no)"
[ -e $J/had ] || ls -d /var/lib/docker /var/lib/containerd /etc/docker > $J/had 2>/dev/null || true
note etcd "$(systemctl is-enabled etcd.service 2>/dev/null || true)"
note forward "$(cat /proc/sys/net/ipv4/ip_forward)"
note time_wait "$(cat ${TIME_WAIT} 2>/dev/null || echo 120)"
note tw_reuse "$(cat ${TW_REUSE})"
remember() {
  grep -qxF "$1" $J/made $J/kept 2>/dev/null && return 0
  if [ -e "$1" ] || [ -L "$1" ]; then
    mkdir -p "$J/saved$(dirname "$1")"
    cp -a "$1" "$J/saved$1"
    echo "$1" >> $J/kept
  else
    d=$(dirname "$1")
    while [ ! -d "$d" ]; do echo "$d" >> $J/dirs; d=$(dirname "$d"); done
    echo "$1" >> $J/made
  fi
}
for path in ${paths.map(quote).join(' ')}; do remember "$path"; done
${packages.length === 0 ? '' : installPackages(packages)}
ip -4 -o route get ${quote(etcd)} | sed -n 's/.* src \\([0-9.]*\\).*/\\1/p'
`;
}

/** Packages as words of a list that comm(1) takes. */
const INSTALLED =
  "installed() { dpkg-query -W -f '${db:Status-Abbrev}${Package}\\n' | sed -n 's/^i. *//p' | sort; }";
/** The rest of an installation that was cut off may still hold dpkg's lock. */
const APT = 'apt-get -o DPkg::Lock::Timeout=120';

/** Remembers the names of the packages that came along: those that are there more than before the first try. */
function installPackages(packages: readonly string[]): string {
  const words = packages.map(quote).join(' ');
  return `export DEBIAN_FRONTEND=noninteractive
${INSTALLED}
[ -e $J/packages-before ] || { installed > $J/packages-before.new; mv $J/packages-before.new $J/packages-before; }
dpkg --configure -a >$J/apt.log 2>&1 || true
${APT} install -y --no-install-recommends ${words} >>$J/apt.log 2>&1 || {
  ${APT} update >>$J/apt.log 2>&1 && ${APT} install -y --no-install-recommends ${words} >>$J/apt.log 2>&1
} || { tail -n 3 $J/apt.log >&2; exit 1; }
installed | comm -13 $J/packages-before - >> $J/packages
rm -f $J/packages-before`;
}

/** A version that a package or somebody's hand had put there before is noted: it stays when the machine leaves. */
export function hasVersionScript(version: string): string {
  return `[ -d ${OPT_VERSIONS}/${quote(version)} ] || exit 1
[ -e ${NOTES}/brought ] || { umask 077; mkdir -p ${NOTES}; : > ${NOTES}/found; }
`;
}

/** Reads a tar; the version is there as a whole or not at all. */
export function unpackVersionScript(version: string): string {
  const target = `${OPT_VERSIONS}/${version}`;
  return `set -eu
(umask 077; mkdir -p ${NOTES}; : > ${NOTES}/brought)
rm -rf ${target}.part
mkdir -p ${target}.part
tar -xf - -C ${target}.part --no-same-owner
chmod -R u=rwX,go=rX ${target}.part
mv ${target}.part ${target}
`;
}

/** Reads a tar of files that replace those that were there. */
export function filesScript(): string {
  return `set -eu
umask 022
mkdir -p /etc/deis/loans /etc/deis/tls
(umask 077; mkdir -p /var/lib/deis/agent)
tar -xf - -C / --no-overwrite-dir
`;
}

/** Can the host's own runtime run, and reach one of these `host:port`? The last line is \`reachable\` or why it is not. */
export function reachScript(version: string, doors: readonly string[]): string {
  const program = `const net = require('node:net');
const doors = process.argv.slice(1);
const tries = doors.map((door) => new Promise((yes, no) => {
  const [host, port] = door.split(':');
  const socket = net.connect({ host, port, timeout: 5000 }, () => { socket.destroy(); yes(door); });
  socket.on('timeout', () => socket.destroy(new Error('no answer')));
  socket.on('error', (error) => no(new Error(door + ': ' + error.message)));
}));
Promise.any(tries).then(() => console.log('reachable'), ({ errors }) => console.log(errors.map(({ message }) => message).join('; ')));`;
  return `${OPT_VERSIONS}/${version}/bin/node -e ${quote(program)} ${doors.map(quote).join(' ')}`;
}

/** Turns to the version and starts everything; \`docker\`: its settings have changed. */
export function startScript(version: string, docker: boolean): string {
  return `set -eu
ln -sfn ${OPT_VERSIONS}/${version} /opt/deis.new
mv -T /opt/deis.new /opt/deis
if command -v chcon >/dev/null 2>&1 && [ -e /sys/fs/selinux/enforce ]; then chcon -R -t bin_t ${OPT_VERSIONS}/${version}; fi
systemctl daemon-reload
systemctl enable docker.service >/dev/null 2>&1
if systemctl is-active --quiet docker.service; then
  ${docker ? 'systemctl reload docker.service && sleep 1 && systemctl restart docker.service' : ':'}
else
  systemctl start docker.service
fi
systemctl enable deisd.service >/dev/null 2>&1
systemctl restart deisd.service
systemctl enable --now --no-block deis-drain.service >/dev/null 2>&1
`;
}

/** Ends deisd, so that it tells nobody anything any more. */
export const STOP_SCRIPT = `
systemctl disable --now deisd.service 2>/dev/null
systemctl disable --now deis-drain.service 2>/dev/null
true
`;

/** Everything of ours goes, everything that was replaced comes back. */
export const LEAVE_SCRIPT = `
J=${NOTES}
systemctl disable --now deis-reboot.timer 2>/dev/null
systemctl disable --now deisd.service 2>/dev/null
systemctl disable --now deis-drain.service 2>/dev/null
if [ -d /run/deis/units ]; then
  for unit in $(ls /run/deis/units); do systemctl stop "$unit"; done
  for link in /run/systemd/system/*; do
    case "$(readlink "$link")" in /run/deis/units/*) rm -f "$link";; esac
  done
fi
if grep -qsx /etc/systemd/system/etcd.service $J/made $J/kept && [ -d ${ETCD_DATA} ]; then
  systemctl disable --now etcd.service 2>/dev/null
  rm -rf ${ETCD_DATA}
fi
if command -v docker >/dev/null 2>&1 && docker version >/dev/null 2>&1; then
  ids=$(docker ps -aq --filter label=deis.managed=true)
  [ -z "$ids" ] || docker rm -f $ids >/dev/null
  names=$(docker images --format '{{.Repository}}:{{.Tag}}@{{.ID}}' | grep -E '^(deis/|127\\.0\\.0\\.1:5555/|localhost:5555/)' | sed 's/.*@//' | sort -u)
  [ -z "$names" ] || docker rmi -f $names >/dev/null 2>&1
  ids=$(docker images -q --filter dangling=true --filter label=deis.managed)
  [ -z "$ids" ] || docker rmi -f $ids >/dev/null 2>&1
  docker network rm deis-build >/dev/null 2>&1
fi
for tables in iptables ip6tables; do
  command -v $tables >/dev/null 2>&1 || continue
  for bridge in docker0 deis-build; do
    while $tables -w 10 -t mangle -D PREROUTING -i $bridge -j DEIS-FENCE 2>/dev/null; do :; done
  done
  $tables -w 10 -t mangle -F DEIS-FENCE 2>/dev/null && $tables -w 10 -t mangle -X DEIS-FENCE
done
[ ! -e $J/time_wait ] || cat $J/time_wait > ${TIME_WAIT} 2>/dev/null
[ ! -e $J/tw_reuse ] || cat $J/tw_reuse > ${TW_REUSE}
set -e
changed=no
if grep -qsx -e /etc/docker/daemon.json $J/made $J/kept; then changed=yes; fi
rm -rf /etc/deis /opt/deis /run/deis
[ -e $J/found ] || rm -rf ${OPT_VERSIONS}
[ ! -e $J/made ] || while read -r path; do rm -f "$path"; done < $J/made
[ ! -e $J/kept ] || while read -r path; do rm -rf "$path"; cp -a "$J/saved$path" "$path"; done < $J/kept
for link in /usr/local/bin/fleetctl /opt/bin/fleetctl; do
  [ "$(readlink "$link")" = /opt/deis/bin/fleetctl ] || continue
  rm -f "$link"
  rmdir /opt/bin 2>/dev/null || true
done
systemctl daemon-reload
systemctl reset-failed 2>/dev/null || true
if grep -qsx /etc/systemd/system/etcd.service $J/made $J/kept && [ "$(cat $J/etcd 2>/dev/null)" = enabled ]; then
  systemctl enable etcd.service >/dev/null 2>&1 || true
fi
export DEBIAN_FRONTEND=noninteractive
if [ -e $J/packages-before ]; then
  ${INSTALLED}
  ${APT} check >/dev/null 2>&1 || true
  dpkg --configure -a >/dev/null 2>&1 || true
  installed | comm -13 $J/packages-before - >> $J/packages
  rm -f $J/packages-before
fi
case "$(cat $J/docker 2>/dev/null)" in
  active)
    if [ $changed = yes ]; then
      if [ -z "$(docker ps -q 2>/dev/null)" ]; then systemctl restart docker.service; else systemctl reload docker.service; fi
    fi;;
  absent)
    systemctl disable --now docker.service docker.socket containerd.service 2>/dev/null || true
    iptables-save 2>/dev/null | grep -v -e DOCKER -e docker0 | sed 's/^:FORWARD DROP/:FORWARD ACCEPT/' | iptables-restore || true
    ip link delete docker0 2>/dev/null || true;;
  '') ;;
  *)
    systemctl stop docker.service docker.socket 2>/dev/null || true
    [ "$(cat $J/key 2>/dev/null)" != no ] || rm -f /etc/docker/key.json
    [ "$(cat $J/enabled 2>/dev/null)" = enabled ] || systemctl disable docker.service 2>/dev/null || true;;
esac
if [ -s $J/packages ]; then ${APT} purge -y $(cat $J/packages) >/dev/null 2>&1; fi
if [ "$(cat $J/docker 2>/dev/null)" = absent ]; then
  rm -rf /run/docker /run/containerd /run/docker.sock
  for d in /var/lib/docker /var/lib/containerd /etc/docker; do
    [ ! -d $d ] || find $d -xdev -mindepth 1 -delete
    grep -qsx $d $J/had || rmdir $d 2>/dev/null || true
  done
  [ "$(cat $J/group)" = yes ] || groupdel docker 2>/dev/null || true
  cat $J/forward > /proc/sys/net/ipv4/ip_forward
fi
[ ! -e $J/dirs ] || sort -ru $J/dirs | while read -r d; do case "$d" in /var/lib/deis*) ;; *) rmdir "$d" 2>/dev/null || true;; esac; done
rm -rf /var/lib/deis
`;
