// Certificates that the platform gets by itself (ACME, RFC 8555): what is kept of accounts, challenges, orders.

/** By the name of the directory: an account is known to one authority only. */
export interface AcmeAccount {
  directory: string;
  /** Private key, PEM, sealed with the key of this record as context. */
  key: string;
  url: string;
  created: string;
}

/** A question of the authority that every router answers: by its token. */
export interface AcmeChallenge {
  domain: string;
  /** The answer (RFC 8555, section 8.1). */
  answer: string;
  created: string;
}

/** By domain: the certificate, or why there is none yet. */
export interface AcmeOrder {
  domain: string;
  /** PEM chain and sealed key, once there is one. */
  certificate?: string;
  key?: string;
  /** ISO 8601: begin and end of its validity. */
  begins?: string;
  expires?: string;
  /** Failed tries since the last success. */
  failures: number;
  /** Not before this, ISO 8601. */
  retry?: string;
  problem?: string;
  updated: string;
}
