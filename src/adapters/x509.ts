// X.509 certificates and their keys as PEM: what they say, and whether they belong together.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

export interface CertificateFacts {
  /** CN of the subject, else the first name; lower case. */
  commonName: string;
  /** Names it is valid for, lower case, the first label may be `*`; the common name only when it has no others (RFC 6125). */
  names: string[];
  /** ISO 8601, UTC. */
  begins: string;
  expires: string;
  /** SHA-256, hex pairs with colons. */
  fingerprint: string;
  /** The leaf and its chain as PEM, in order, without whatever stood between them. */
  pem: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** Characters. Every handshake carries it, and all of them share the memory of the routers. */
const LARGEST_CHAIN = 65_536;
/** OpenSSL refuses smaller ones for TLS (security level 2). */
const SMALLEST_RSA = 2048;

/** A chain: the certificate of the server first, each signed by the next. Answers what is wrong instead of throwing. */
export function readChain(pem: string): { facts: CertificateFacts } | { problem: string } {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0) return { problem: 'there is no certificate in it (PEM is expected)' };
  const text = `${blocks.join('\n')}\n`;
  if (text.length > LARGEST_CHAIN) {
    return { problem: `with its chain it is larger than ${LARGEST_CHAIN} characters` };
  }
  const chain: X509Certificate[] = [];
  for (const block of blocks) {
    try {
      chain.push(new X509Certificate(block));
    } catch {
      return { problem: `certificate ${chain.length + 1} of the chain cannot be read` };
    }
  }
  for (const [index, certificate] of chain.slice(0, -1).entries()) {
    if (!certificate.checkIssued(chain[index + 1]!)) {
      const problem = `certificate ${index + 1} of the chain was not issued by certificate ${index + 2}`;
      return { problem: `${problem}: the server's own comes first, then its issuer, and so on` };
    }
  }
  return { facts: factsOf(chain[0]!, text) };
}

function factsOf(leaf: X509Certificate, pem: string): CertificateFacts {
  const subject = /^CN=(.*)$/m.exec(leaf.subject)?.[1]?.trim().toLowerCase();
  const alternatives = [...(leaf.subjectAltName ?? '').matchAll(/DNS:("(?:[^"\\]|\\.)*"|[^,]*)/g)];
  const named = alternatives.map((match) => match[1]!.toLowerCase());
  const names = [...new Set(named.length > 0 ? named : subject ? [subject] : [])];
  return {
    commonName: subject ?? names[0] ?? '',
    names,
    begins: new Date(leaf.validFrom).toISOString(),
    expires: new Date(leaf.validTo).toISOString(),
    fingerprint: leaf.fingerprint256,
    pem,
  };
}

/** Is `keyPem` the private key of the first certificate in `pem`, and one a server can use? The answer is what is wrong. */
export function keyProblem(pem: string, keyPem: string): string | undefined {
  let key: KeyObject;
  if (/ENCRYPTED/.test(keyPem)) return 'the key is encrypted: it must come without a passphrase';
  try {
    key = createPrivateKey(keyPem);
  } catch {
    return 'the key cannot be read (an unencrypted private key in PEM is expected)';
  }
  const [block] = pem.match(BLOCK) ?? [];
  if (!block || !new X509Certificate(block).checkPrivateKey(key)) {
    return 'the key does not belong to the certificate';
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? Infinity;
  return bits < SMALLEST_RSA ? `an RSA key of ${bits} bits is too short for TLS` : undefined;
}

/** RFC 6125: a `*` stands for exactly one label, the first. */
export function covers(names: readonly string[], host: string): boolean {
  const parent = `*${host.slice(host.indexOf('.'))}`;
  return names.includes(host) || (host.includes('.') && names.includes(parent));
}

/** The certificates in a PEM text, in order. Malformed ones are left out. */
export function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(BLOCK) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/** Which of these authorities signed the first certificate of `pem`; undefined: none. Authorities may share a name. */
export function issuerAmong(authorities: string, pem: string): X509Certificate | undefined {
  const [own] = certificatesIn(pem);
  return certificatesIn(authorities).find((authority) => own?.verify(authority.publicKey));
}
