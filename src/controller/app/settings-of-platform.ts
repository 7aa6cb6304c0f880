// Platform settings that the controller obeys: `deisctl config <component> set <name>=…`, names and defaults of Deis v1.

import { randomBytes } from 'node:crypto';
import { keys } from '../../registry/keys.ts';
import { type Registry, absent, put } from '../../registry/registry.ts';

const DEFAULTS = {
  'platform/domain': 'paas.localhost',
  'controller/subdomain': 'deis',
  'controller/registrationMode': 'enabled',
} as const;

export async function platformSetting(
  registry: Registry,
  name: keyof typeof DEFAULTS,
  signal: AbortSignal,
): Promise<string> {
  const [component, setting] = name.split('/') as [string, string];
  const held = await registry.get(keys.settings, [component, setting], signal);
  return held?.value ?? DEFAULTS[name];
}

const BUILDER_KEY = ['controller', 'builderKey'];

/** What builders show at the hooks; made by whichever controller needs it first. */
export async function builderKey(registry: Registry, signal: AbortSignal): Promise<string> {
  const held = await registry.get(keys.settings, BUILDER_KEY, signal);
  if (held) return held.value;
  const fresh = randomBytes(64).toString('base64');
  const write = put(keys.settings, BUILDER_KEY, fresh);
  await registry.commit([absent(keys.settings, BUILDER_KEY)], [write], signal);
  return (await registry.get(keys.settings, BUILDER_KEY, signal))?.value ?? fresh;
}
