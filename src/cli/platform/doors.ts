// The platform tells people where `git push` goes. On machines of their own that is the routers' 2222; a local cluster stands behind
// a port of this box, which only its context knows.

import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { setSettings } from '../settings/settings.ts';

/** `doors`: of a local cluster. What somebody has set stays. */
export async function tellDoors(
  registry: Registry,
  doors: { ssh: number } | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (doors === undefined) return;
  if (await registry.get(keys.settings, ['platform', 'sshPort'], signal)) return;
  await setSettings(registry, 'platform', [`sshPort=${doors.ssh}`], signal);
}
