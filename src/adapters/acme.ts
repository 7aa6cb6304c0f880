// ACME by the library acme-client: orders, proofs and certificates of one authority.

import { generateKeyPairSync } from 'node:crypto';
import { Agent } from 'node:https';
import acme, { type Authorization } from 'acme-client';
import { DeisError } from '../model/errors.ts';
import type { CertificateAuthority, Proofs } from '../ports/certificate-authority.ts';
import { answerOrAway } from './acme-answers.ts';

export interface AcmeOptions {
  /** URL of the authority's directory. */
  directory: string;
  /** PEM of whoever signed the directory's own certificate, when that is nobody known. */
  ca?: string | undefined;
  /** Shortest pause between two looks at an order, ms. */
  patience?: number;
  /** Silence of the authority that ends a request, ms. */
  silence?: number;
}

const LOOKS = 12;
/** Longest answer that is read. */
const LARGEST_BYTES = 1024 * 1024;
const LONGEST_PAUSE_MS = 15_000;
/** X.520: a common name has 64 characters at most; the alternative name is what counts. */
const LONGEST_NAME = 64;

// The library would sleep as long as an authority says, and knows no words for one that does not answer: ours stands in its place.
acme.axios.interceptors.response.clear();
acme.axios.interceptors.response.use(null, (error) => answerOrAway(acme.axios, error));
acme.axios.defaults.maxContentLength = LARGEST_BYTES;

/** One order at a time. Importing this loads much: import it when it is needed. */
export function acmeAuthority({
  directory,
  ca,
  patience = 2000,
  silence = 20_000,
}: AcmeOptions): CertificateAuthority {
  return {
    async obtain(domain, account, proofs, signal) {
      const client = new acme.Client({
        directoryUrl: directory,
        accountKey: account.key,
        ...(account.url ? { accountUrl: account.url } : {}),
        backoffAttempts: LOOKS,
        backoffMin: patience,
        backoffMax: LONGEST_PAUSE_MS,
      });
      acme.axios.defaults.httpsAgent = ca === undefined ? undefined : new Agent({ ca });
      Object.assign(acme.axios.defaults, { signal, timeout: silence });
      const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
      const [, csr] = await acme.crypto.createCsr(
        { altNames: [domain], ...(domain.length <= LONGEST_NAME ? { commonName: domain } : {}) },
        pem,
      );
      const certificate = await orderly(signal, () =>
        client.auto({
          csr,
          ...(account.email ? { email: account.email } : {}),
          termsOfServiceAgreed: true,
          skipChallengeVerification: true, // ours is that every router answers
          challengePriority: domain.startsWith('*.') ? ['dns-01'] : ['http-01'],
          challengeCreateFn: (authz, challenge, answer) =>
            challenge.type === 'dns-01'
              ? proofs.dns(recordOf(authz), answer, signal)
              : proofs.http(authz.identifier.value, challenge.token, answer, signal),
          challengeRemoveFn: (authz, challenge, answer) =>
            withdraw(proofs, authz, challenge, answer),
        }),
      );
      return { certificate, key: pem, account: client.getAccountUrl() };
    },
  };
}

function recordOf({ identifier }: Authorization): string {
  return `_acme-challenge.${identifier.value}`;
}

function withdraw(
  proofs: Proofs,
  authz: Authorization,
  { type, token }: { type: string; token: string },
  answer: string,
): Promise<void> {
  return type === 'dns-01'
    ? proofs.withdraw('dns', recordOf(authz), answer)
    : proofs.withdraw('http', token, answer);
}

/** The library cannot be stopped, only its requests: an aborted wait is given up, and what comes of it later is dropped. */
async function orderly(signal: AbortSignal, work: () => Promise<string>): Promise<string> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), aborted]);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof DeisError) throw cause;
    const words = cause instanceof Error ? cause.message : String(cause);
    const problem = `the authority did not sign: ${words.slice(0, 500)}`;
    throw new DeisError('refused', problem, '', { cause });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
