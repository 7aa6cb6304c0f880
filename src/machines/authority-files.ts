// The cluster's authority as it lies on the operator's computer: `ca.crt` is what every part believes (two certificates while the
// authority is being changed), `ca.key` is what signs now.

import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyPair } from '../adapters/pki.ts';
import { certificatesIn } from '../adapters/x509.ts';
import { DeisError } from '../model/errors.ts';

export interface Authority extends KeyPair {
  /** PEM of all authorities that machines are to believe, the signing one among them. */
  trusted: string;
}

/** Throws what reading throws, and DeisError('internal') when the key signs for none of the certificates. */
export async function readAuthority(folder: string): Promise<Authority> {
  const [trusted, key] = await Promise.all(
    ['ca.crt', 'ca.key'].map((file) => readFile(join(folder, file), 'utf8')),
  );
  const secret = createPrivateKey(key!);
  const cert = certificatesIn(trusted!).find((one) => one.checkPrivateKey(secret));
  if (!cert) throw new DeisError('internal', `${folder}/ca.key fits no certificate in ca.crt`);
  return { cert: cert.toString(), key: key!, trusted: trusted! };
}
