// The certificates by which the parts of a machine are known in its cluster.

import { issueCertificate, type KeyPair } from '../adapters/pki.ts';
import type { MachineIdentity } from './node-files.ts';

/** Every component with an identity of its own on each machine. To add one: a name here. `etcd` is the store's member. */
export const IDENTITIES = [
  'deisd',
  'router',
  'controller',
  'registry',
  'builder',
  'logger',
  'etcd',
];

const DAY = 24 * 3600 * 1000;

export const validity = (now: Date) => ({
  // A day back: machines whose clock is behind accept it too.
  notBefore: new Date(now.getTime() - DAY),
  notAfter: new Date(now.getTime() + 3650 * DAY),
});

/** One key pair for each component, good at the machine's address and name. */
export async function issueIdentity(
  authority: KeyPair,
  { ip, name }: { ip: string; name: string },
  now: Date,
): Promise<MachineIdentity> {
  const hosts = [ip, name, '127.0.0.1', 'localhost'];
  const issued = await Promise.all(
    IDENTITIES.map(async (commonName) => [
      commonName,
      await issueCertificate(authority, { commonName, hosts, ...validity(now) }),
    ]),
  );
  return Object.fromEntries(issued) as MachineIdentity;
}
