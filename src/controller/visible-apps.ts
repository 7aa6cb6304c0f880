// Which apps a user sees: own and shared ones; all of them for superusers (reference §1.4).

import type { App } from '../model/app.ts';
import { keys } from '../registry/keys.ts';
import type { UserCall } from './call.ts';

export async function visibleApps({
  services,
  user,
  signal,
}: Pick<UserCall, 'services' | 'user' | 'signal'>): Promise<App[]> {
  const { registry } = services;
  const { username, isSuperuser } = user.value;
  const [apps, perms] = await Promise.all([
    registry.list(keys.apps, [], signal),
    registry.list(keys.perms, [], signal),
  ]);
  const shared = new Set(
    perms.items.filter(({ ids }) => ids[1] === username).map(({ ids }) => ids[0]),
  );
  return apps.items
    .map(({ value }) => value)
    .filter(({ owner, id }) => isSuperuser || owner === username || shared.has(id));
}
