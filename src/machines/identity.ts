// The certificates by which the parts of a machine are known in its cluster.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { issueCertificate, type KeyPair } from '../adapters/pki.ts';
import { IDENTITIES } from '../model/identity.ts';
import { issuerAmong } from '../adapters/x509.ts';
import type { Authority } from './authority-files.ts';
import type { MachineIdentity } from './node-files.ts';
import { writeFileSpec } from './write-file.ts';

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

/**
 * The same, made once and kept in a file of this computer; made anew when the cluster believes its signer no more, as for a machine that
 * was not there yet when the authority changed.
 */
export async function keptIdentity(
  path: string,
  authority: Authority,
  machine: { ip: string; name: string },
  now: Date,
): Promise<MachineIdentity> {
  const present = existsSync(path)
    ? (JSON.parse(await readFile(path, 'utf8')) as MachineIdentity)
    : undefined;
  if (present && issuerAmong(authority.trusted, present['deisd']!.cert)) return present;
  const identity = await issueIdentity(authority, machine, now);
  await writeFileSpec('', { path, content: JSON.stringify(identity), mode: 0o600 });
  return identity;
}
