// The certificates of a local cluster: one authority, an identity for each component on each machine, and the operator's own.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { createAuthority, issueCertificate, type KeyPair } from '../../adapters/pki.ts';
import { type Authority, readAuthority } from '../authority-files.ts';
import { validity } from '../identity.ts';
import { writeFileSpec } from '../write-file.ts';
import { clusterPaths } from './record.ts';

/** Makes what is missing of the authority, the operator's certificate, and the key that encrypts secrets in the store. */
export async function ensureAuthority(
  root: string,
  cluster: string,
  now: Date,
): Promise<Authority> {
  const { tls } = clusterPaths(root, cluster);
  await mkdir(tls, { recursive: true, mode: 0o700 });
  const { notBefore, notAfter } = validity(now);
  await ensureKeyPair(tls, 'ca', () => createAuthority(`deis ${cluster}`, notBefore, notAfter));
  const authority = await readAuthority(tls);
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

/** Makes both files where there are none. The certificate is written last: where it is, the key is. */
async function ensureKeyPair(
  folder: string,
  name: string,
  make: () => Promise<KeyPair>,
): Promise<void> {
  const cert = join(folder, `${name}.crt`);
  if (existsSync(cert)) return;
  const made = await make();
  await writeFileSpec('', {
    path: join(folder, `${name}.key`),
    content: `${made.key}\n`,
    mode: 0o600,
  });
  await writeFileSpec('', { path: cert, content: `${made.cert}\n` });
}
