// Platform settings that the controller obeys: `deisctl config <component> set <name>=…`, names and defaults of Deis v1.

import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';

const DEFAULTS = {
  'platform/domain': 'paas.localhost',
  /** Where `git push` goes, on the controller's host. */
  'platform/sshPort': '2222',
  'controller/subdomain': 'deis',
  'controller/registrationMode': 'enabled',
  /** Seconds a one-off container may run. */
  'controller/runTimeout': '86400',
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
