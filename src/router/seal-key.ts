// The operators' key comes in the clear, because they have no platform key. The first router that sees it puts it under seal.

import { isDeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Vault } from '../ports/vault.ts';
import { keys } from '../registry/keys.ts';
import { put, type Registry, unchanged } from '../registry/registry.ts';

/** A sealed text, as the vault writes it. */
const SEALED = /^v1:[0-9a-f]{8}:[A-Za-z0-9+/=]+$/;

/** What its seal is bound to. */
export const KEY_CONTEXT = keys.settings.key('router', 'sslKey');

export const isSealed = (text: string): boolean => SEALED.test(text.trim());

export interface SealNeeds {
  registry: Registry;
  vault: Vault;
  log: Log;
}

/** Writes only over exactly what it saw: of several routers, and an operator who sets another key, one wins. */
export async function sealKey(
  { registry, vault, log }: SealNeeds,
  stored: { value: string; modRevision: number } | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (!stored || isSealed(stored.value)) return;
  const ids = ['router', 'sslKey'] as const;
  try {
    const seen = unchanged(keys.settings, [...ids], stored.modRevision);
    const sealed = put(keys.settings, [...ids], vault.seal(stored.value, KEY_CONTEXT));
    const { applied } = await registry.commit([seen], [sealed], signal);
    if (applied) log.info('sealed the key', { setting: 'router/sslKey' });
  } catch (error) {
    if (signal.aborted || !isDeisError(error, 'unavailable', 'timeout')) throw error;
    log.debug('the key waits for its seal', { error: error.message });
  }
}
