// SSH keys of whoever asks: with them the builder knows who pushes (reference §1.6).

import { randomUUID } from 'node:crypto';
import { PLATFORM_TRAIL } from '../../model/audit.ts';
import type { PublicKey } from '../../model/public-key.ts';
import { keys } from '../../registry/keys.ts';
import { type Held, absent, put, remove, stillCreatedAt } from '../../registry/registry.ts';
import { audited } from '../app/trail.ts';
import { type Answer, type UserCall, created, noContent, ok } from '../call.ts';
import { type Route, signedIn } from '../route.ts';
import { keyIdProblem, readPublicKey } from '../rules/public-key.ts';
import { isoNow } from '../services.ts';
import { bodyObject, requiredText } from '../wire/body.ts';
import { badField, notFound, unauthenticated } from '../wire/errors.ts';
import { page } from '../wire/page.ts';
import { keyShape } from './shapes.ts';

/** An id may hold anything, slashes too: it is all that follows. */
export const keyRoutes: readonly Route[] = [
  signedIn('GET', '/keys', async (call) => {
    const own = (await ownKeys(call)).map(({ value }) => keyShape(value));
    return ok(page(own, call.url));
  }),
  signedIn('POST', '/keys', add),
  signedIn('GET', '/keys/*', async (call) => ok(keyShape((await named(call))[0]!.value))),
  signedIn('DELETE', '/keys/*', takeAway),
];

async function add(call: UserCall): Promise<Answer> {
  const { services, user, signal } = call;
  const body = bodyObject(call.body);
  const id = requiredText(body, 'id');
  const line = requiredText(body, 'public');
  const wrongId = keyIdProblem(id);
  if (wrongId !== undefined) throw badField('id', wrongId);
  const read = readPublicKey(line);
  if ('problem' in read) throw badField('public', read.problem);
  const { sha256, fingerprint } = read;
  const { username } = user.value;
  const at = isoNow(services.clock);
  const key: PublicKey = {
    uuid: randomUUID(),
    id,
    owner: username,
    public: line,
    fingerprint,
    created: at,
    updated: at,
  };
  const committed = await services.registry.commit(
    [
      absent(keys.publicKeys, [sha256]),
      stillCreatedAt(keys.users, [username], user.createRevision),
    ],
    [
      put(keys.publicKeys, [sha256], key),
      audited(call, PLATFORM_TRAIL, 'keys:add', `${username} added key ${id} (${fingerprint})`),
    ],
    signal,
  );
  if (!committed.applied) {
    const present = await services.registry.get(keys.publicKeys, [sha256], signal);
    if (!present) throw unauthenticated('User inactive or deleted');
    // Our own write whose answer was lost.
    if (present.value.uuid !== key.uuid) throw badField('public', 'This field must be unique.');
  }
  services.log.info('key added', { user: username, fingerprint });
  return created(keyShape(key));
}

/** Every key of that name: v1 failed when there were two. */
async function takeAway(call: UserCall): Promise<Answer> {
  const { services, user, signal } = call;
  const { username } = user.value;
  for (const { ids, value } of await named(call)) {
    const text = `${username} removed key ${value.id} (${value.fingerprint})`;
    await services.registry.commit(
      [],
      [remove(keys.publicKeys, ids), audited(call, PLATFORM_TRAIL, 'keys:remove', text)],
      signal,
    );
    services.log.info('key removed', { user: username, fingerprint: value.fingerprint });
  }
  return noContent();
}

/** Newest first; at least one. */
async function named(call: UserCall): Promise<Held<PublicKey>[]> {
  const asked = call.params['*'] ?? '';
  const found = (await ownKeys(call)).filter(
    ({ value }) => value.id === asked || `${value.id}/` === asked || value.id === `${asked}/`,
  );
  if (found.length === 0) throw notFound();
  return found.toReversed();
}

/** Oldest first; never anybody else's, for superusers too. */
async function ownKeys({ services, user, signal }: UserCall): Promise<Held<PublicKey>[]> {
  const all = await services.registry.list(keys.publicKeys, [], signal);
  return all.items
    .filter(({ value }) => value.owner === user.value.username)
    .sort((a, b) => a.createRevision - b.createRevision);
}
