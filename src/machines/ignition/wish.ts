// What an operator may ask of machines that configure themselves. Its words end in units, in files that a shell reads and in certificates,
// on machines that nobody looks at: so what could be misread there is refused here. Pure.

import { isIPv4 } from 'node:net';
import { clusterNameProblem } from '../local/address-plan.ts';
import type { CoreOs, ReleaseSource } from './config.ts';

export interface IgnitionWish {
  cluster: string;
  domain: string;
  /** All machines of the cluster, in the order in which they carry members of the store. */
  machines: readonly { name: string; ip: string }[];
  metadata: Record<string, string>;
  os: CoreOs;
  release: ReleaseSource;
  staticPrefix: number | undefined;
  discovery: string;
  /** OpenSSH public keys beside the cluster's own. */
  operatorKeys: readonly string[];
}

/** Each machine's keys take some tenths of a second to make. */
const MOST_MACHINES = 500;
/** No white space, quote, backslash, dollar or percent sign: systemd and shells read all of these. */
const PLAIN_URL = /^https?:\/\/[A-Za-z0-9][^\s"'\\$`%<>]*$/;
const PLAIN_PATH = /^(?:\/[A-Za-z0-9_+@.-]+)+$/;
const DOMAIN =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const LABEL = /^[^\s"',=\p{Cc}]+$/u;
const PUBLIC_KEY =
  /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-[a-z0-9-]+@openssh\.com) [A-Za-z0-9+/]+={0,2}(?: [^\p{Cc}]*)?$/u;

/** Why no machine can be made of it, or undefined: the first reason, in a sentence without a full stop. */
export function wishProblem(wish: IgnitionWish): string | undefined {
  return (
    clusterNameProblem(wish.cluster) ??
    machinesProblem(wish.machines) ??
    networkProblem(wish) ??
    (DOMAIN.test(wish.domain) ? undefined : `"${wish.domain}" is no domain`) ??
    labelsProblem(wish.metadata) ??
    releaseProblem(wish.release) ??
    urlProblem('--discovery', wish.discovery) ??
    wish.operatorKeys.map(keyProblem).find((problem) => problem !== undefined)
  );
}

/** Why these machines make no cluster, or undefined. */
export function machinesProblem(
  machines: readonly { name: string; ip: string }[],
): string | undefined {
  if (machines.length === 0) return 'no machine was named';
  if (machines.length > MOST_MACHINES) {
    return `${machines.length} machines at once are too many: name at most ${MOST_MACHINES} in one call`;
  }
  const twice = (texts: string[]): string | undefined =>
    texts.find((one, at) => texts.indexOf(one) !== at);
  const bad = machines.find(({ name }) => !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
  if (bad) return `"${bad.name}" is no name for a machine: small letters, digits and dashes`;
  const lost = machines.find(({ ip }) => !isIPv4(ip));
  if (lost) return `"${lost.ip}" is no IPv4 address for ${lost.name}`;
  const nobody = machines.find(({ ip }) => !isHost(ip));
  if (nobody) return `${nobody.ip} is an address that no machine can have`;
  const name = twice(machines.map((machine) => machine.name));
  if (name !== undefined) return `two machines are called ${name}`;
  const ip = twice(machines.map((machine) => machine.ip));
  return ip === undefined ? undefined : `two machines have the address ${ip}`;
}

/** Neither "this network", loopback, link-local, multicast nor reserved (RFC 6890). */
function isHost(ip: string): boolean {
  const [first = 0, second = 0] = ip.split('.').map(Number);
  return first > 0 && first !== 127 && first < 224 && !(first === 169 && second === 254);
}

function networkProblem({ machines, staticPrefix: bits }: IgnitionWish): string | undefined {
  if (bits === undefined) return undefined;
  const most = 2 ** (32 - bits) - 1;
  const numbered = machines.map(({ ip }) => ({
    ip,
    host: ip.split('.').reduce((sum, part) => (sum * 256 + Number(part)) % 2 ** 32, 0) % (most + 1),
  }));
  const bad = numbered.find(({ host }) => host === 0 || host === most);
  return bad && `${bad.ip} is the network itself or all of it, with --static-prefix=${bits}`;
}

function labelsProblem(labels: Record<string, string>): string | undefined {
  const bad = Object.entries(labels).find((pair) => !pair.every((word) => LABEL.test(word)));
  return (
    bad && `${JSON.stringify(bad.join('='))} is no label: a word on each side of the equals sign`
  );
}

function releaseProblem({ url, sha256, file }: ReleaseSource): string | undefined {
  if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256)) {
    return '--release-sha256 is not 64 hexadecimal digits';
  }
  if (!PLAIN_PATH.test(file) || /\/\.{1,2}(?:\/|$)/.test(file)) {
    return `--release-file is no plain path from / on: ${JSON.stringify(file)}`;
  }
  return urlProblem('--release-url', url);
}

function urlProblem(flag: string, url: string): string | undefined {
  if (url === '' || (PLAIN_URL.test(url) && URL.canParse(url))) return undefined;
  return `${flag} is no plain http or https address: ${JSON.stringify(url)}`;
}

function keyProblem(line: string): string | undefined {
  if (PUBLIC_KEY.test(line)) return undefined;
  // Its text is not repeated: it may be a secret.
  return 'an --ssh-key is no OpenSSH public key (ssh-ed25519 AAAA… comment)';
}

/** The keys in a file as `ssh-keygen` and `authorized_keys` have them. A private key by mistake must not get to any machine. */
export function publicKeysIn(text: string): string[] | { problem: string } {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|^PuTTY-User-Key-File/m.test(text)) {
    return { problem: 'is a private key: name the file with its public half, which ends in .pub' };
  }
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) return { problem: 'holds no key' };
  return lines;
}
