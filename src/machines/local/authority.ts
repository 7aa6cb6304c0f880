// The certificates of a local cluster: one authority, an identity for each component on each machine, and the operator's own.
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { createAuthority, issueCertificate, type KeyPair } from '../../adapters/pki.ts';
import { issueIdentity, validity } from '../identity.ts';
import type { MachineIdentity } from '../node-files.ts';
import { writeFileSpec } from '../write-file.ts';
import { clusterPaths, type ClusterRecord, type MachineRecord } from './record.ts';

/** Makes what is missing of the authority, the operator's certificate, and the key that encrypts secrets in the store. */
export async function ensureAuthority(root: string, cluster: string, now: Date): Promise<KeyPair> {
  const { tls } = clusterPaths(root, cluster);
  await mkdir(tls, { recursive: true, mode: 0o700 });
  const { notBefore, notAfter } = validity(now);
  const authority = await ensureKeyPair(tls, 'ca', () =>
    createAuthority(`deis ${cluster}`, notBefore, notAfter),
  );
  await ensureKeyPair(tls, 'operator', () =>
    issueCertificate(authority, {
      commonName: 'operator',
      hosts: ['localhost', '127.0.0.1'],
      notBefore,
      notAfter,
    }),
  );
  const path = join(tls, 'platform.key');
  const content = `${randomBytes(32).toString('base64')}\n`;
  await writeFileSpec('', { path, content, mode: 0o600, once: true });
  return authority;
}

/** The identities of one machine, made once and kept in its folder. */
export async function ensureIdentity(
  root: string,
  record: ClusterRecord,
  machine: MachineRecord,
  authority: KeyPair,
  now: Date,
): Promise<MachineIdentity> {
  const file = clusterPaths(root, record.name).machine(machine.name).identity;
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as MachineIdentity;
  const identity = await issueIdentity(authority, machine, now);
  await writeFileSpec('', { path: file, content: JSON.stringify(identity), mode: 0o600 });
  return identity;
}

async function ensureKeyPair(
  folder: string,
  name: string,
  make: () => Promise<KeyPair>,
): Promise<KeyPair> {
  const cert = join(folder, `${name}.crt`);
  const key = join(folder, `${name}.key`);
  // The certificate is written last: where it is, the key is.
  if (existsSync(cert)) {
    return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  }
  const made = await make();
  const pair = { cert: `${made.cert}\n`, key: `${made.key}\n` };
  await writeFileSpec('', { path: key, content: pair.key, mode: 0o600 });
  await writeFileSpec('', { path: cert, content: pair.cert });
  return pair;
}
