// Users and superusers, for superusers (reference §1.5).

import { PLATFORM_TRAIL } from '../../model/audit.ts';
import { keys } from '../../registry/keys.ts';
import { type Held, put, unchanged } from '../../registry/registry.ts';
import type { User } from '../../model/app.ts';
import { audited } from '../app/trail.ts';
import { type UserCall, created, noContent, ok } from '../call.ts';
import { type Route, admin } from '../route.ts';
import { isLastSuperuser } from '../users.ts';
import { bodyObject, requiredText } from '../wire/body.ts';
import { detail, notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';
import { userShape } from './shapes.ts';

export const userRoutes: readonly Route[] = [
  admin('GET', '/users', async ({ services, url, signal }) => {
    const users = await services.registry.list(keys.users, [], signal);
    return ok(
      page(
        users.items.map(({ value }) => userShape(value)),
        url,
      ),
    );
  }),
  admin('GET', '/admin/perms', async ({ services, url, signal }) => {
    const users = await services.registry.list(keys.users, [], signal);
    const powerful = users.items.filter(({ value }) => value.isSuperuser && value.isActive);
    const shapes = powerful.map(({ value }) => ({ username: value.username, is_superuser: true }));
    return ok(page(shapes, url));
  }),
  admin('POST', '/admin/perms', async (call) => {
    await empower(call, requiredText(bodyObject(call.body), 'username'), true);
    return created();
  }),
  admin('DELETE', '/admin/perms/:username', async (call) => {
    await empower(call, call.params['username'] ?? '', false);
    return noContent();
  }),
];

async function empower(call: UserCall, username: string, isSuperuser: boolean): Promise<void> {
  const { services, signal, user: by } = call;
  const user: Held<User> | undefined = await services.registry.get(keys.users, [username], signal);
  if (!user) throw notFound();
  if (!isSuperuser && (await isLastSuperuser(services, username, signal))) {
    throw detail(409, `${username} is the only superuser. Name another one first.`);
  }
  const text = `${username} ${isSuperuser ? 'is' : 'is no longer'} a superuser`;
  const committed = await services.registry.commit(
    [unchanged(keys.users, [username], user.modRevision)],
    [
      put(keys.users, [username], { ...user.value, isSuperuser }),
      audited(call, PLATFORM_TRAIL, isSuperuser ? 'perms:create' : 'perms:delete', text),
    ],
    signal,
  );
  if (!committed.applied) throw detail(409, `${username} was changed by somebody else. Try again.`);
  services.log.info('superuser changed', {
    user: username,
    superuser: isSuperuser,
    by: by.value.username,
  });
}
