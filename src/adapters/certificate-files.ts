// Certificates as they lie on a disk: until when they hold, whether their keys fit, whether the cluster's authority signed them.

import { readFile } from 'node:fs/promises';
import type { ExaminedCertificate } from '../model/examination.ts';
import { certificatesIn, issuerAmong, keyProblem, readChain } from './x509.ts';

export interface CertificateFiles {
  name: string;
  /** PEM files. */
  certificate: string;
  key: string;
  /** The authority that must have signed it. */
  ca: string;
}

export async function examineCertificate({
  name,
  certificate: path,
  key,
  ca,
}: CertificateFiles): Promise<ExaminedCertificate> {
  const [pem, keyPem, caPem] = await Promise.all([path, key, ca].map(read));
  if (pem === undefined) return { name, path, problem: 'it cannot be read' };
  const chain = readChain(pem);
  if ('problem' in chain) return { name, path, problem: chain.problem };
  const { begins, expires } = chain.facts;
  const problem = signatureProblem(chain.facts.pem, caPem);
  const unfit = keyPem === undefined ? `${key} cannot be read` : keyProblem(pem, keyPem);
  return {
    name,
    path,
    begins,
    expires,
    ...(problem !== undefined && { problem }),
    ...(unfit !== undefined && { keyProblem: unfit }),
  };
}

function signatureProblem(pem: string, ca: string | undefined): string | undefined {
  if (ca === undefined) return 'the certificate of the authority cannot be read';
  if (certificatesIn(ca).length === 0) return 'the certificate of the authority cannot be read';
  return issuerAmong(ca, pem) ? undefined : "the cluster's authority did not sign it";
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined); // that it cannot be read is what is reported
}
