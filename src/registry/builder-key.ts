// The secret by which controllers know builders: made by whoever needs it first.

import { randomBytes } from 'node:crypto';
import { keys } from './keys.ts';
import { type Registry, absent, put } from './registry.ts';

export const BUILDER_KEY = ['controller', 'builderKey'];

export async function builderKey(registry: Registry, signal: AbortSignal): Promise<string> {
  const held = await registry.get(keys.settings, BUILDER_KEY, signal);
  if (held) return held.value;
  const fresh = randomBytes(64).toString('base64');
  const write = put(keys.settings, BUILDER_KEY, fresh);
  await registry.commit([absent(keys.settings, BUILDER_KEY)], [write], signal);
  return (await registry.get(keys.settings, BUILDER_KEY, signal))?.value ?? fresh;
}
