// May this certificate be served? Key, chain, names and time are looked at when it is added, not when a visitor comes.

import { type CertificateFacts, keyProblem, readChain } from '../../adapters/x509.ts';

/** A name as TLS clients send it, or one with `*` as its first label. */
const NAME =
  /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What a certificate (PEM, its chain behind it) says of itself, or why it cannot be added. `now`: it must not have expired. */
export function checkCertificate(
  certificate: string,
  key: string,
  now: Date,
): { facts: CertificateFacts } | { problem: string } {
  const read = readChain(certificate);
  if ('problem' in read) return { problem: `The certificate is not usable: ${read.problem}.` };
  const { facts } = read;
  const misfit = keyProblem(facts.pem, key);
  if (misfit !== undefined) return { problem: `The certificate is not usable: ${misfit}.` };
  const problem = nameProblem(facts) ?? timeProblem(facts, now);
  return problem === undefined
    ? { facts }
    : { problem: `The certificate is not usable: ${problem}.` };
}

function nameProblem({ names }: CertificateFacts): string | undefined {
  if (names.length === 0) return 'it names no host';
  const odd = names.find((name) => name.length > 253 || !NAME.test(name));
  return odd === undefined ? undefined : `${JSON.stringify(odd.slice(0, 60))} is no host name`;
}

function timeProblem({ expires }: CertificateFacts, now: Date): string | undefined {
  return Date.parse(expires) <= now.getTime() ? `it expired at ${expires}` : undefined;
}
