// Tokens in the store, by their hash. Each login makes one; a user keeps the newest few.

import type { Token } from '../model/app.ts';
import { keys } from '../registry/keys.ts';
import { type Registry, put, remove } from '../registry/registry.ts';
import { newToken, tokenHash } from './authenticate.ts';
import { type Services, isoNow } from './services.ts';

/** The oldest goes first. So many that scripts which log in each time do not log people out (Deis v1 had one for ever). */
const MOST_PER_USER = 500;
/** Deletions of one transaction. */
const BATCH = 90;

/** A new token of the user, in the clear: the only time anybody sees it. */
export async function issueToken(
  { registry, clock }: Services,
  username: string,
  signal: AbortSignal,
): Promise<string> {
  const token = newToken();
  const present = await registry.list(keys.tokens, [], signal);
  const oldest = present.items
    .filter(({ value }) => value.username === username)
    .sort((a, b) => b.value.created.localeCompare(a.value.created))
    .slice(MOST_PER_USER - 1, MOST_PER_USER - 1 + BATCH);
  const writes = [
    put(keys.tokens, [tokenHash(token)], { username, created: isoNow(clock) }),
    ...oldest.map(({ ids }) => remove(keys.tokens, ids)),
  ];
  await registry.commit([], writes, signal);
  return token;
}

export async function revokeTokens(
  registry: Registry,
  which: (token: Token) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const present = await registry.list(keys.tokens, [], signal);
  const doomed = present.items.filter(({ value }) => which(value));
  for (let first = 0; first < doomed.length; first += BATCH) {
    const writes = doomed.slice(first, first + BATCH).map(({ ids }) => remove(keys.tokens, ids));
    await registry.commit([], writes, signal);
  }
}
