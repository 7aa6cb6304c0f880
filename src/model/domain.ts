// Names under which the world reaches an app, and the certificates for them.

/** Found by the domain itself, in lower case: no two apps can have the same. Its number on the wire is its create revision. */
export interface Domain {
  domain: string;
  /** As its owner spelled it, where that differs. */
  spelled?: string;
  app: string;
  owner: string;
  created: string;
  updated: string;
}

/** Found by its common name, in lower case. Its number on the wire is its create revision. */
export interface Certificate {
  commonName: string;
  owner: string;
  /** PEM: the certificate, then its chain. */
  certificate: string;
  /** PEM, sealed with the key of this record as context: see ports/vault.ts. */
  key: string;
  /** All names it is valid for, in lower case; a first label may be `*`. */
  sans: string[];
  /** ISO 8601, UTC: its notAfter. */
  expires: string;
  /** SHA-256 of the certificate, hex pairs with colons. */
  fingerprint: string;
  created: string;
  updated: string;
}
