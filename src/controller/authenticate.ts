// Who is calling: `Authorization: token <40 hex digits>` (reference §1.1, §1.3). Only the hash of a token is ever stored.

import { createHash, randomBytes } from 'node:crypto';
import type { User } from '../model/app.ts';
import { keys } from '../registry/keys.ts';
import type { Held, Registry } from '../registry/registry.ts';
import { unauthenticated } from './wire/errors.ts';

/** Undefined when no credentials were given. Throws 401 for credentials that are not valid. */
export async function authenticate(
  registry: Registry,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Held<User> | undefined> {
  const token = tokenOf(authorization);
  if (token === undefined) return undefined;
  const known = await registry.get(keys.tokens, [tokenHash(token)], signal);
  if (!known) throw unauthenticated('Invalid token');
  const user = await registry.get(keys.users, [known.value.username], signal);
  // A token may outlive its user by a moment: whoever takes the name later must not get it.
  if (user && known.value.created < user.value.dateJoined) throw unauthenticated('Invalid token');
  if (!user?.value.isActive) throw unauthenticated('User inactive or deleted');
  return user;
}

export function newToken(): string {
  return randomBytes(20).toString('hex');
}

export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Undefined when the header is missing or of another scheme, as Django REST framework has it. */
function tokenOf(authorization: string | undefined): string | undefined {
  const words = (authorization ?? '').trim().split(/\s+/);
  if (words[0]!.toLowerCase() !== 'token') return undefined;
  if (words.length === 1) {
    throw unauthenticated('Invalid token header. No credentials provided.');
  }
  if (words.length > 2) {
    throw unauthenticated('Invalid token header. Token string should not contain spaces.');
  }
  return words[1];
}
