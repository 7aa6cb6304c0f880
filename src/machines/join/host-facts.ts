// What a host says of itself before it joins: one script, and how its lines are read.

/** All of it is asked in one go: each command over SSH costs a round trip. */
export const FACTS_SCRIPT = `
say() { printf '%s=%s\\n' "$1" "$2"; }
. /etc/os-release 2>/dev/null || true
say os "\${ID:-unknown}"
say arch "$(uname -m)"
say init "$(cat /proc/1/comm 2>/dev/null)"
say systemd "$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p')"
say machine "$(cat /etc/machine-id 2>/dev/null)"
say hostname "$(cat /proc/sys/kernel/hostname)"
say clock "$(date +%s)"
say libc "$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/^glibc //')"
mkdir -p /opt 2>/dev/null || true
for d in /opt /var /etc; do [ -w "$d" ] || say readonly "$d"; done
say free "$(df -Pk /opt/. /var/. 2>/dev/null | awk 'NR>1 {print $4}' | sort -n | head -n 1)"
for p in tar ip iptables iptables-restore; do command -v "$p" >/dev/null 2>&1 || say missing "$p"; done
say apt "$(command -v apt-get || true)"
say docker "$(command -v dockerd || command -v docker || true)"
say dockerState "$(systemctl is-active docker.service 2>/dev/null || true)"
say dockerFlags "$(tr '\\0' ' ' 2>/dev/null < /proc/"$(pidof dockerd 2>/dev/null || echo none)"/cmdline | tr '\\n' ' ' || true)"
say daemonJson "$(tr '\\n' ' ' < /etc/docker/daemon.json 2>/dev/null || true)"
say etcd "$(command -v etcd || true)"
say etcdUser "$(id -u etcd 2>/dev/null || true):$(id -g etcd 2>/dev/null || true)"
say cluster "$(sed -n 's/.*"cluster": *"\\([^"]*\\)".*/\\1/p' /etc/deis/machine.json 2>/dev/null || true)"
say authority "$(awk '/BEGIN/ {s=""; next} /END/ {print s; next} {s=s $0}' /etc/deis/tls/ca.crt 2>/dev/null | tr '\\n' ' ' || true)"
say begun "$([ -d /var/lib/deis/join ] && echo yes || true)"
say ports "$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4=="0A" {n=split($2,a,":"); print a[n]}' | sort -u | tr '\\n' ' ')"
true
`;

export interface HostFacts {
  os: string;
  arch: string;
  init: string;
  systemd: number;
  machine: string;
  hostname: string;
  /** Seconds since 1970, by its clock. */
  clock: number;
  /** `2.36`; '' where it is not the GNU one. */
  libc: string;
  readonly: string[];
  /** Kilobytes on the fuller of the disks we need. */
  free: number;
  /** Programs that are not there. */
  missing: string[];
  apt: boolean;
  docker: boolean;
  dockerState: string;
  dockerFlags: string;
  daemonJson: string;
  etcd: string;
  /** Numeric; undefined: no such account. */
  etcdUser: { uid: number; gid: number } | undefined;
  /** Name of the cluster it says it belongs to; ''. */
  cluster: string;
  /** Certificates of the authorities it believes, in Base64. */
  authorities: string[];
  /** A join of ours was begun here and has not been undone. */
  begun: boolean;
  /** TCP ports that somebody listens on. */
  ports: number[];
}

export function parseFacts(text: string): HostFacts {
  const lines = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at < 1) continue;
    const name = line.slice(0, at);
    lines.set(name, [...(lines.get(name) ?? []), line.slice(at + 1).trim()]);
  }
  const one = (name: string): string => lines.get(name)?.[0] ?? '';
  const user = /^(\d+):(\d+)$/.exec(one('etcdUser'));
  return {
    os: one('os'),
    arch: one('arch'),
    init: one('init'),
    systemd: Number(one('systemd')) || 0,
    machine: one('machine'),
    hostname: one('hostname').split('.')[0]!,
    clock: Number(one('clock')) || 0,
    libc: one('libc'),
    readonly: lines.get('readonly') ?? [],
    free: Number(one('free')) || 0,
    missing: lines.get('missing') ?? [],
    apt: one('apt') !== '',
    docker: one('docker') !== '',
    dockerState: one('dockerState'),
    dockerFlags: one('dockerFlags'),
    daemonJson: one('daemonJson'),
    etcd: one('etcd'),
    etcdUser: user ? { uid: Number(user[1]), gid: Number(user[2]) } : undefined,
    cluster: one('cluster'),
    authorities: one('authority').split(' ').filter(Boolean),
    begun: one('begun') === 'yes',
    ports: one('ports')
      .split(' ')
      .filter(Boolean)
      .map((port) => Number.parseInt(port, 16)),
  };
}
