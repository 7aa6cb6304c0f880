// Whether a signature was made with an SSH key. ssh2 knows the common kinds; keys that live on a security key (FIDO) it cannot
// read, so these are checked here (OpenSSH's PROTOCOL.u2f).

import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import ssh2 from 'ssh2';
import type { OfferedKey } from '../ports/ssh.ts';

export interface Signature {
  /** Without its leading algorithm name. */
  bytes: Buffer;
  /** What was signed. */
  signed: Buffer;
  /** `sha256` or `sha512` for RSA. */
  hash: string | undefined;
}

const PLAIN = new Set([
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
]);
const SECURITY_KEYS: Record<string, (parts: Buffer[]) => KeyObject> = {
  'sk-ssh-ed25519@openssh.com': ([, point]) =>
    createPublicKey({ key: jwk('OKP', 'Ed25519', point!), format: 'jwk' }),
  'sk-ecdsa-sha2-nistp256@openssh.com': ([, , point]) =>
    createPublicKey({
      key: jwk('EC', 'P-256', point!.subarray(1, 33), point!.subarray(33)),
      format: 'jwk',
    }),
};
/** The flag that says that a person touched the security key. */
const TOUCHED = 0x01;

/** RSA only with SHA-2: `hash` is then given. */
export function isSupported({ algorithm }: OfferedKey, hash: string | undefined): boolean {
  if (algorithm === 'ssh-rsa') return hash !== undefined;
  return PLAIN.has(algorithm) || Object.hasOwn(SECURITY_KEYS, algorithm);
}

/** False for whatever is not right; never throws. */
export function isSignedBy(key: OfferedKey, signature: Signature): boolean {
  if (!isSupported(key, signature.hash)) return false;
  const securityKey = SECURITY_KEYS[key.algorithm];
  try {
    return securityKey ? isTouched(securityKey, key, signature) : isPlainlySigned(key, signature);
  } catch {
    return false; // bytes that are no key or no signature
  }
}

function isPlainlySigned(
  { algorithm, blob }: OfferedKey,
  { bytes, signed, hash }: Signature,
): boolean {
  const key = ssh2.utils.parseKey(`${algorithm} ${blob.toString('base64')}`);
  return !(key instanceof Error) && key.verify(signed, bytes, hash) === true;
}

/** Signature, flags and counter; signed is SHA-256(application) flags counter SHA-256(message). */
function isTouched(
  publicKey: (parts: Buffer[]) => KeyObject,
  { blob, algorithm }: OfferedKey,
  { bytes, signed }: Signature,
): boolean {
  const parts = strings(blob).slice(1);
  const application = parts.at(-1)!;
  const trailer = bytes.subarray(-5);
  if ((trailer[0]! & TOUCHED) === 0) return false;
  const message = Buffer.concat([sha256(application), trailer, sha256(signed)]);
  const own = bytes.subarray(0, -5);
  // `parts` counts from the algorithm's name on.
  const key = publicKey([Buffer.from(algorithm), ...parts]);
  if (key.asymmetricKeyType === 'ed25519') return verify(null, message, key, own);
  const [r, s] = strings(own).map((number) => fixed(number, 32));
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat([r!, s!]));
}

/** The length-prefixed strings of SSH (RFC 4251 §5). Throws when a length leads past the end. */
function strings(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (at + 4 + length > bytes.length) throw new RangeError('a string that is too long');
    found.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

/** A number without leading zeros, or with one too many, in exactly so many bytes. */
function fixed(number: Buffer, length: number): Buffer {
  const tail = number.subarray(-length);
  return Buffer.concat([Buffer.alloc(length - tail.length), tail]);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function jwk(kty: string, crv: string, x: Buffer, y?: Buffer): Record<string, string> {
  const coordinates = { x: x.toString('base64url'), ...(y && { y: y.toString('base64url') }) };
  return { kty, crv, ...coordinates };
}
