// An authority that signs certificates for whoever shows that a domain is theirs (ACME, RFC 8555).

import { DeisError } from '../model/errors.ts';

/** The authority itself is away, sick or wants to be left alone: no order to it would fare better before `until` (ms since 1970; 0: unsaid). */
export class AuthorityAway extends DeisError {
  readonly until: number;

  constructor(message: string, until: number, options?: { cause?: unknown }) {
    super('unavailable', message, '', options);
    this.until = until;
  }
}

/** How a domain is shown to be ours. Each resolves when the authority may look, and throws DeisError when it cannot be brought about. */
export interface Proofs {
  /** `answer` must be had at /.well-known/acme-challenge/<token> of the domain (RFC 8555, section 8.3). */
  http(domain: string, token: string, answer: string, signal: AbortSignal): Promise<void>;
  /** A TXT record `name` must have this value (section 8.4): the only way for names with a star. */
  dns(name: string, value: string, signal: AbortSignal): Promise<void>;
  /** What was brought about may go; called once for each of the above, also after a failure. */
  withdraw(kind: 'http' | 'dns', name: string, value: string): Promise<void>;
}

export interface AuthorityAccount {
  /** Private key, PEM. */
  key: string;
  /** Where the authority knows it; undefined before the first order. */
  url?: string | undefined;
  email?: string | undefined;
}

export interface Issued {
  /** PEM: the certificate, then its chain. */
  certificate: string;
  /** PEM. */
  key: string;
  account: string;
}

export interface CertificateAuthority {
  /** A certificate for one domain, which may begin with `*.`. Throws DeisError('refused') with the authority's words, or AuthorityAway. */
  obtain(
    domain: string,
    account: AuthorityAccount,
    proofs: Proofs,
    signal: AbortSignal,
  ): Promise<Issued>;
}
