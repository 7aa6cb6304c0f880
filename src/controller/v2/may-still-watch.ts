// Streams last longer than rights: whoever watches an app is asked again now and then.

import { keys } from '../../registry/keys.ts';
import { authenticate } from '../authenticate.ts';
import type { AppCall } from '../call.ts';
import { roleOf } from '../rules/access.ts';
import { WireError } from '../wire/errors.ts';

export async function mayStillWatch(
  { services, app, authorization }: Pick<AppCall, 'services' | 'app' | 'authorization'>,
  signal: AbortSignal,
): Promise<boolean> {
  const { registry } = services;
  const { id, uuid } = app.value;
  const user = await authenticate(registry, authorization, signal).catch((error: unknown) => {
    if (error instanceof WireError) return undefined;
    throw error;
  });
  if (!user) return false;
  const [present, permission] = await Promise.all([
    registry.get(keys.apps, [id], signal),
    registry.get(keys.perms, [id, user.value.username], signal),
  ]);
  if (present?.value.uuid !== uuid) return false;
  return roleOf(user.value, present.value, permission !== undefined) !== 'stranger';
}
