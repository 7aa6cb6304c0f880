// Our account at an authority: made once, kept sealed in the store, so that whichever router leads goes on with it.

import { createHash, generateKeyPairSync } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { Vault } from '../../ports/vault.ts';
import { keys } from '../../registry/keys.ts';
import type { Term } from '../../registry/leadership.ts';
import { put, type Registry } from '../../registry/registry.ts';

export interface AccountNeeds {
  registry: Registry;
  vault: Vault;
  term: Term;
  clock: Clock;
}

export interface KnownAccount {
  /** PEM. */
  key: string;
  /** Empty before the first order. */
  url: string;
}

/** The account for this directory; a new key is in the store before it is used. */
export async function accountAt(
  needs: AccountNeeds,
  directory: string,
  signal: AbortSignal,
): Promise<KnownAccount> {
  const { registry, vault } = needs;
  const id = idOf(directory);
  const known = (await registry.get(keys.acmeAccounts, [id], signal))?.value;
  if (known) return { key: vault.open(known.key, keys.acmeAccounts.key(id)), url: known.url };
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const account = { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), url: '' };
  await keepAccount(needs, directory, account, signal);
  return account;
}

export async function keepAccount(
  { vault, term, clock }: AccountNeeds,
  directory: string,
  { key, url }: KnownAccount,
  signal: AbortSignal,
): Promise<void> {
  const id = idOf(directory);
  const sealed = vault.seal(key, keys.acmeAccounts.key(id));
  const account = { directory, key: sealed, url, created: new Date(clock.now()).toISOString() };
  await term.commit([], [put(keys.acmeAccounts, [id], account)], signal);
}

function idOf(directory: string): string {
  return createHash('sha256').update(directory).digest('hex');
}
