// Who else may use an app (reference §1.8).

import { keys } from '../../registry/keys.ts';
import { put, remove, stillCreatedAt, unchanged } from '../../registry/registry.ts';
import { commitTold } from '../app/history.ts';
import { audited } from '../app/trail.ts';
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

async function grant(call: AppCall): Promise<Answer> {
  const { services, app, role, body, signal } = call;
  if (!mayManage(role)) throw forbidden();
  const username = requiredText(bodyObject(body), 'username');
  const user = await services.registry.get(keys.users, [username], signal);
  if (!user) throw notFound();
  const { id } = app.value;
  const text = `User ${username} was granted access to ${id}`;
  const done = await commitTold(call, text, {
    conditions: [stillCreatedAt(keys.users, [username], user.createRevision)],
    writes: [
      put(keys.perms, [id, username], { since: isoNow(services.clock) }),
      audited(call, id, 'perms:create', text),
    ],
  });
  if (!done) throw notFound();
  return created();
}

/** By owner, superuser, or the collaborator himself. */
async function revoke(call: AppCall): Promise<Answer> {
  const { services, app, role, user, params, signal } = call;
  const { id } = app.value;
  const username = params['username'] ?? '';
  if (!mayManage(role) && username !== user.value.username) throw forbidden();
  const known = await services.registry.get(keys.users, [username], signal);
  if (!known) throw notFound();
  const permission = await services.registry.get(keys.perms, [id, username], signal);
  if (!permission) throw forbidden();
  const text = `User ${username} was revoked access to ${id}`;
  const done = await commitTold(call, text, {
    conditions: [unchanged(keys.perms, [id, username], permission.modRevision)],
    writes: [remove(keys.perms, [id, username]), audited(call, id, 'perms:delete', text)],
  });
  if (!done) throw forbidden();
  return noContent();
}
