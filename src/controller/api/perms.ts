// Who else may use an app (reference §1.8).

import { keys } from '../../registry/keys.ts';
import { put, remove, stillCreatedAt } from '../../registry/registry.ts';
import { tellHistory } from '../app/history.ts';
import { type Answer, type AppCall, created, noContent, ok } from '../call.ts';
import { type Route, onApp, onAppForAll } from '../route.ts';
import { mayManage } from '../rules/access.ts';
import { isoNow } from '../services.ts';
import { bodyObject, requiredText } from '../wire/body.ts';
import { forbidden, notFound } from '../wire/errors.ts';

export const permRoutes: readonly Route[] = [
  onApp('GET', '/apps/:id/perms', list),
  onApp('POST', '/apps/:id/perms', grant),
  onAppForAll('DELETE', '/apps/:id/perms/:username', revoke),
];

/** Not in the envelope of lists, and never with the owner. */
async function list({ services, app, signal }: AppCall): Promise<Answer> {
  const perms = await services.registry.list(keys.perms, [app.value.id], signal);
  return ok({ users: perms.items.map(({ ids }) => ids[1]!) });
}

async function grant({ services, app, role, body, signal }: AppCall): Promise<Answer> {
  if (!mayManage(role)) throw forbidden();
  const username = requiredText(bodyObject(body), 'username');
  const user = await services.registry.get(keys.users, [username], signal);
  if (!user) throw notFound();
  const { id } = app.value;
  const committed = await services.registry.commit(
    [
      stillCreatedAt(keys.users, [username], user.createRevision),
      stillCreatedAt(keys.apps, [id], app.createRevision),
    ],
    [put(keys.perms, [id, username], { since: isoNow(services.clock) })],
    signal,
  );
  if (!committed.applied) throw notFound();
  await tellHistory(services, id, `User ${username} was granted access to ${id}`, signal);
  return created();
}

/** By owner, superuser, or the collaborator himself. */
async function revoke({ services, app, role, user, params, signal }: AppCall): Promise<Answer> {
  const { id } = app.value;
  const username = params['username'] ?? '';
  if (!mayManage(role) && username !== user.value.username) throw forbidden();
  const known = await services.registry.get(keys.users, [username], signal);
  if (!known) throw notFound();
  const permission = await services.registry.get(keys.perms, [id, username], signal);
  if (!permission) throw forbidden();
  await services.registry.commit([], [remove(keys.perms, [id, username])], signal);
  await tellHistory(services, id, `User ${username} was revoked access to ${id}`, signal);
  return noContent();
}
