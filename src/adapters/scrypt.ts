// Passwords by scrypt (RFC 7914) from Node's crypto, off the event loop.

import { type ScryptOptions, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { DeisError } from '../model/errors.ts';
import type { Passwords } from '../ports/password.ts';

export interface ScryptCost {
  /** log2 of the work factor N: memory is 128 · N · r bytes. */
  ln: number;
  r: number;
  p: number;
}

/** 16 MB, five rounds: what OWASP's password storage notes name for this much memory. */
const COST: ScryptCost = { ln: 14, r: 8, p: 5 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** A stored hash may not ask for more than this: it would take the controller down. */
const MOST_MEMORY = 128 * 1024 * 1024;

const HASH = /^scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([\w-]+)\$([\w-]+)$/;

/** Hashes read `scrypt$ln=14,r=8,p=5$<salt>$<key>`, both in base64url. */
export function scryptPasswords(cost: ScryptCost = COST): Passwords {
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const key = await derive(password, salt, cost, KEY_BYTES);
      const { ln, r, p } = cost;
      return `scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
    },
    async matches(password, hash) {
      const match = HASH.exec(hash);
      if (!match) return false;
      const [, ln, r, p, salt, key] = match as unknown as [string, ...string[]];
      const stored = Buffer.from(key!, 'base64url');
      const used = { ln: Number(ln), r: Number(r), p: Number(p) };
      const derived = await derive(password, Buffer.from(salt!, 'base64url'), used, stored.length);
      return timingSafeEqual(derived, stored);
    },
  };
}

function derive(
  password: string,
  salt: Buffer,
  { ln, r, p }: ScryptCost,
  length: number,
): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: MOST_MEMORY };
  return new Promise((resolve, reject) => {
    try {
      scrypt(password.normalize('NFC'), salt, length, options, (error, key) => {
        if (error) reject(refused(error));
        else resolve(key);
      });
    } catch (error) {
      reject(refused(error));
    }
  });
}

/** Only parameters out of range make scrypt fail. */
function refused(cause: unknown): DeisError {
  return new DeisError('internal', 'a password hash has parameters that scrypt refuses', '', {
    cause,
  });
}
