// An app's config values, sealed for the store and opened for use. The seal is bound to the record's key.

import type { Config } from '../../model/app.ts';
import type { Vault } from '../../ports/vault.ts';
import { keys } from '../../registry/keys.ts';
import type { Settings } from '../rules/settings.ts';

/** Context of the seal: a record copied to another app or config cannot be opened. */
function context(app: string, uuid: string): string {
  return keys.configs.key(app, uuid);
}

export function sealValues(
  vault: Vault,
  app: string,
  uuid: string,
  values: Settings['values'],
): string {
  return vault.seal(JSON.stringify(values), context(app, uuid));
}

/** All four maps of a config record, values in the clear. Never log what this returns. */
export function openSettings(vault: Vault, config: Config): Settings {
  const values = JSON.parse(
    vault.open(config.values, context(config.app, config.uuid)),
  ) as Settings['values'];
  return { values, memory: config.memory, cpu: config.cpu, tags: config.tags };
}
