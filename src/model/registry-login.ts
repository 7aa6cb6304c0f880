// How an app's images are read from registries of other people.

/** By host, as it stands in an image's name: `quay.io`, `registry.example.com:5000`, `docker.io`. */
export type RegistryLogins = Record<string, RegistryLogin>;

export interface RegistryLogin {
  /** With a password; without them the registry is asked as anybody. */
  username?: string;
  password?: string;
  /** Spoken to without TLS: only when somebody said so. */
  plain?: boolean;
}

const HOST = /^(https?:\/\/)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)\/?$/;
/** The machine itself, and addresses that mean something else on every machine. */
const INNER = /^(?:localhost|127\.[0-9.]+|0\.0\.0\.0|169\.254\.[0-9.]+)(?::|$)/;
const DOCKER_HUB = [
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
];

/** A host as people write it, `http://` when it speaks no TLS. */
export function parseRegistryHost(
  text: string,
): { host: string; plain: boolean } | { problem: string } {
  const [, scheme, host] = HOST.exec(text.trim().toLowerCase()) ?? [];
  if (host === undefined) return { problem: `"${text}" is not a registry: host or host:port` };
  if (isInnerHost(host)) return { problem: `${host} is a machine's own address` };
  return { host: canonicalHost(host), plain: scheme === 'http://' };
}

export function isInnerHost(host: string): boolean {
  return INNER.test(host.toLowerCase());
}

/** Docker Hub has many names. */
export function canonicalHost(host: string): string {
  return DOCKER_HUB.includes(host) ? 'docker.io' : host;
}
