// What an SSH key may look like (reference §1.6), and how it is named by people and by machines.

import { createHash } from 'node:crypto';

export interface ReadKey {
  /** SHA-256 of the blob, hex. */
  sha256: string;
  /** MD5 of the blob, 16 hex pairs with colons. */
  fingerprint: string;
}

/** A line of an authorized_keys file is at most this long (sshd(8)). */
const LONGEST_BYTES = 8 * 1024;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const LONGEST_ID = 128;

/** `ssh-rsa AAAA… comment`, with or without a line end; or what is wrong with it. */
export function readPublicKey(line: string): ReadKey | { problem: string } {
  if (Buffer.byteLength(line) > LONGEST_BYTES) return { problem: 'The key is longer than 8 KB.' };
  const text = line.trim();
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) return { problem: 'A key is a single line.' };
  const [type, encoded] = text.split(/\s+/);
  if (type === undefined || encoded === undefined) {
    return { problem: 'A key is its type, its base64 text and a comment.' };
  }
  if (!BASE64.test(encoded) || encoded.length % 4 !== 0) return { problem: 'Incorrect padding' };
  const blob = Buffer.from(encoded, 'base64');
  const told = typeIn(blob);
  if (told !== type) return { problem: `This is not a key of type ${type.slice(0, 60)}.` };
  const hash = (name: string): string => createHash(name).update(blob).digest('hex');
  return { sha256: hash('sha256'), fingerprint: hash('md5').match(/../g)!.join(':') };
}

export function keyIdProblem(id: string): string | undefined {
  if (id.length > LONGEST_ID) return `Ensure this field has no more than ${LONGEST_ID} characters.`;
  // eslint-disable-next-line no-control-regex
  return /[\x00-\x1f\x7f]/.test(id) || !id.isWellFormed() ? 'Enter a name of one line.' : undefined;
}

/** The blob begins with its own type (RFC 4253, 6.6); undefined when it does not. */
function typeIn(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  return length <= blob.length - 4 ? blob.toString('latin1', 4, 4 + length) : undefined;
}
