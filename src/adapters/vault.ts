// Seals values with the platform key, so that neither the store nor its backups can be read without it.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { DeisError } from '../model/errors.ts';
import type { Vault } from '../ports/vault.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

/**
 * Each key is 32 bytes in base64. The first one seals, all of them open: to change the key, put the new one in front.
 * Sealed text: `v1:<first 8 hex of the key's SHA-256>:<base64 of nonce, tag and ciphertext>`.
 * Throws DeisError('invalid') when a key has another length.
 */
export function aesVault(...keysBase64: string[]): Vault {
  const keys = new Map(keysBase64.map(readKey));
  const [sealing] = keys;
  if (!sealing) throw new DeisError('invalid', 'The vault needs a platform key.');
  const [sealingId, sealingKey] = sealing;

  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, sealingKey, nonce);
      cipher.setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      const body = Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
      return `${VERSION}:${sealingId}:${body}`;
    },
    open(sealed, context) {
      const [version, id = '', body = ''] = sealed.split(':');
      const key = keys.get(id);
      if (version !== VERSION || !key) {
        throw new DeisError(
          'internal',
          `A sealed value of ${context} was made with another platform key.`,
          'Bring back the platform key that this cluster was made with.',
        );
      }
      return decrypt(Buffer.from(body, 'base64'), key, context);
    },
  };
}

function readKey(base64: string): [string, Buffer] {
  const key = Buffer.from(base64.trim(), 'base64');
  if (key.length !== KEY_BYTES) {
    throw new DeisError('invalid', `A platform key is ${KEY_BYTES} bytes in base64.`);
  }
  return [createHash('sha256').update(key).digest('hex').slice(0, 8), key];
}

function decrypt(bytes: Buffer, key: Buffer, context: string): string {
  try {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    const cipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(context));
    cipher.setAuthTag(tag);
    const text = bytes.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([cipher.update(text), cipher.final()]).toString('utf8');
  } catch (cause) {
    const message = `A sealed value of ${context} was changed or moved to another record.`;
    throw new DeisError('internal', message, '', { cause });
  }
}
