// Why a host cannot join, all reasons at once; pure.

import { BOX_ARCH } from './box-arch.ts';
import type { HostFacts } from './host-facts.ts';

const OLDEST_SYSTEMD = 245;
const OLDEST_LIBC: [number, number] = [2, 28];
/** deisd with its images, and room for an app, kB. */
const LEAST_FREE = 3 * 2 ** 20;
/** Leases and certificates bear less, s. */
const MOST_SKEW = 60;
/** What deisd itself opens. Routers, registries and builders find their ports taken when they come, and say so. */
const OWN_PORTS = [7600, 5555];

/** The cluster that a host is to join: its name, and the certificates of its authority (PEM). */
export interface Asking {
  name: string;
  trusted: string;
}

/** `now`: seconds since 1970 on this side. Empty: it can join. */
export function hostProblems(facts: HostFacts, cluster: Asking, now: number): string[] {
  const problems: string[] = [];
  const mind = (bad: boolean, problem: string): void => void (bad && problems.push(problem));
  const ours = facts.cluster === cluster.name && isKnown(facts.authorities, cluster.trusted);
  mind(
    facts.cluster !== '' && !ours,
    facts.cluster === cluster.name
      ? `it belongs to another cluster that is called "${facts.cluster}", too`
      : `it belongs to the cluster "${facts.cluster}"`,
  );
  mind(ours && !facts.begun, 'it is a machine of this cluster already');
  mind(facts.init !== 'systemd', `its first process is ${facts.init || 'unknown'}, not systemd`);
  mind(
    facts.init === 'systemd' && facts.systemd < OLDEST_SYSTEMD,
    `its systemd is ${facts.systemd}; ${OLDEST_SYSTEMD} is the oldest that works`,
  );
  mind(
    facts.arch !== BOX_ARCH,
    `its processor is ${facts.arch}; the runtime brought along is for ${BOX_ARCH}`,
  );
  mind(
    isOlder(facts.libc),
    `its C library is ${facts.libc || 'not the GNU one'}, not glibc 2.28 or newer`,
  );
  mind(!/^[0-9a-f]{32}$/.test(facts.machine), 'it has no machine-id (machine-id(5))');
  for (const folder of facts.readonly) problems.push(`${folder} is read-only`);
  mind(
    facts.free < LEAST_FREE,
    `only ${Math.floor(facts.free / 1024)} MB of disk are free; 3 GB are needed`,
  );
  const skew = facts.clock - now;
  mind(
    Math.abs(skew) > MOST_SKEW,
    `its clock is ${Math.abs(Math.round(skew))} s ${skew > 0 ? 'ahead' : 'behind'}`,
  );
  const own = facts.missing.filter((program) => program === 'tar' || !facts.apt);
  for (const program of own) problems.push(`it has no ${program}`);
  mind(!facts.docker && !facts.apt, 'it has no Docker Engine, and no apt-get to install one with');
  const unreadable = settingsProblem(facts.daemonJson);
  if (unreadable !== undefined) problems.push(unreadable);
  const taken = OWN_PORTS.filter((port) => facts.ports.includes(port) && !facts.begun);
  for (const port of taken) problems.push(`somebody listens on its port ${port}`);
  return problems;
}

/** A host that was cut off before it got certificates believes nobody yet: it is taken for ours by the name. */
function isKnown(authorities: readonly string[], trusted: string): boolean {
  const text = trusted.replaceAll(/\s/g, '');
  return authorities.length === 0 || authorities.some((one) => text.includes(one));
}

function settingsProblem(daemonJson: string): string | undefined {
  try {
    JSON.parse(daemonJson.trim() || '{}');
    return undefined;
  } catch (error) {
    return `its /etc/docker/daemon.json is no JSON: ${(error as Error).message}`;
  }
}

function isOlder(libc: string): boolean {
  const [major = 0, minor = 0] = libc.split('.').map(Number);
  return major < OLDEST_LIBC[0] || (major === OLDEST_LIBC[0] && minor < OLDEST_LIBC[1]);
}

/** Debian packages that have to be installed on it. */
export function missingPackages({
  docker,
  missing,
}: Pick<HostFacts, 'docker' | 'missing'>): string[] {
  const packages = new Set<string>();
  if (!docker) packages.add('docker.io');
  if (missing.includes('ip')) packages.add('iproute2');
  if (missing.some((program) => program.startsWith('iptables'))) packages.add('iptables');
  return [...packages];
}
