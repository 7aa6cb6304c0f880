// Two authorities for tests of who is let in: a cluster's own, and somebody else's.

import { createAuthority, issueCertificate, type KeyPair } from '../../src/adapters/pki.ts';

const HOUR = 3_600_000;
const notBefore = new Date(Date.now() - HOUR);
const notAfter = new Date(Date.now() + HOUR);

export const ours = await createAuthority('ours', notBefore, notAfter);
export const theirs = await createAuthority('theirs', notBefore, notAfter);

export function issue(authority: KeyPair, commonName: string, host: string): Promise<KeyPair> {
  return issueCertificate(authority, { commonName, hosts: [host], notBefore, notAfter });
}
