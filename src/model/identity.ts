// Who the parts of a cluster are to each other: the components that carry a certificate, where it lies, and what they say of it.

/** Every component with an identity of its own on each machine. To add one: a name here. `etcd` is the store's member. */
export const IDENTITIES = [
  'deisd',
  'router',
  'controller',
  'registry',
  'builder',
  'logger',
  'etcd',
] as const;

export const TLS_FOLDER = '/etc/deis/tls';
/** Of the store's member: `ca.crt`, `member.crt`, `member.key`. */
export const MEMBER_FOLDER = '/etc/etcd/tls';

/**
 * On a machine, where `ca.crt`, `<component>.crt` and `<component>.key` lie. A component in a container has a folder of its own, which is
 * mounted whole and seen there as TLS_FOLDER: a file that is mounted by itself would stay the old one when it is replaced.
 */
export function identityFolder(component: string): string {
  return component === 'deisd' || component === 'etcd' ? TLS_FOLDER : `${TLS_FOLDER}/${component}`;
}

/** What a component says of the certificate that it uses now; fingerprints are SHA-256, hex pairs with colons. */
export interface IdentityReport {
  certificate: string;
  /** The authority that signed it, '' when it believes none that did. */
  issuer: string;
  /** Whom it believes, sorted. */
  authorities: string[];
  /** ISO 8601, UTC. */
  expires: string;
}
