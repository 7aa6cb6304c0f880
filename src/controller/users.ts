// Users in the store: made once, the first of them a superuser, and removed with all that belongs to them.

import type { User } from '../model/app.ts';
import { keys } from '../registry/keys.ts';
import { type Held, type Registry, absent, put, remove, unchanged } from '../registry/registry.ts';
import { type Services, isoNow } from './services.ts';
import { revokeTokens } from './tokens.ts';
import { badField, detail } from './wire/errors.ts';

export interface SignUp {
  username: string;
  /** In the clear. */
  password: string;
  email: string;
  firstName: string;
  lastName: string;
}

const FOUNDER = 'superuser';
const ATTEMPTS = 5;
/** Deletions of one transaction. */
const BATCH = 90;

/** Throws 400 when the name is taken. Of any number of first visitors exactly one becomes superuser. */
export async function newUser(
  services: Services,
  signUp: SignUp,
  signal: AbortSignal,
): Promise<User> {
  const { registry, passwords, throttles, clock } = services;
  const taken = badField('username', 'This field must be unique.');
  if (await registry.get(keys.users, [signUp.username], signal)) throw taken;
  const password = await throttles.hashing(() => passwords.hash(signUp.password));
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const founder = await registry.get(keys.founders, [FOUNDER], signal);
    const user: User = {
      ...signUp,
      password,
      isSuperuser: founder === undefined,
      isActive: true,
      dateJoined: isoNow(clock),
      lastLogin: null,
    };
    const { username } = user;
    const committed = await registry.commit(
      [
        absent(keys.users, [username]),
        unchanged(keys.founders, [FOUNDER], founder?.modRevision ?? 0),
      ],
      [
        put(keys.users, [username], user),
        ...(founder ? [] : [put(keys.founders, [FOUNDER], { username })]),
      ],
      signal,
    );
    if (committed.applied) return user;
    const other = await registry.get(keys.users, [username], signal);
    // Our own write whose answer was lost has our salt in it.
    if (other?.value.password === password) return other.value;
    if (other) throw taken;
  }
  throw detail(409, 'Too many people register at once. Try again.');
}

/** When the last superuser goes, the next to register becomes one, as in Deis v1. */
export async function removeUser(
  { registry }: Services,
  user: Held<User>,
  signal: AbortSignal,
): Promise<void> {
  const { username } = user.value;
  const lastOne = await isLastSuperuser({ registry }, username, signal);
  const perms = await registry.list(keys.perms, [], signal);
  const own = perms.items.filter(({ ids }) => ids[1] === username);
  await revokeTokens(registry, (token) => token.username === username, signal);
  await removeBelongings(registry, username, signal);
  const committed = await registry.commit(
    [unchanged(keys.users, [username], user.modRevision)],
    [
      remove(keys.users, [username]),
      ...(user.value.isSuperuser && lastOne ? [remove(keys.founders, [FOUNDER])] : []),
      ...own.slice(0, BATCH).map(({ ids }) => remove(keys.perms, ids)),
    ],
    signal,
  );
  if (!committed.applied) throw detail(409, `${username} was changed by somebody else. Try again.`);
  // What was added while we looked.
  await removeBelongings(registry, username, signal);
}

/** Keys and certificates; of an app's own things nothing goes with a user. */
async function removeBelongings(
  registry: Registry,
  username: string,
  signal: AbortSignal,
): Promise<void> {
  const [publicKeys, certs] = await Promise.all([
    registry.list(keys.publicKeys, [], signal),
    registry.list(keys.certs, [], signal),
  ]);
  const own = ({ value }: { value: { owner: string } }): boolean => value.owner === username;
  const writes = [
    ...publicKeys.items.filter(own).map(({ ids }) => remove(keys.publicKeys, ids)),
    ...certs.items.filter(own).map(({ ids }) => remove(keys.certs, ids)),
  ];
  for (let first = 0; first < writes.length; first += BATCH) {
    await registry.commit([], writes.slice(first, first + BATCH), signal);
  }
}

/** Nobody but `username` is a superuser. */
export async function isLastSuperuser(
  { registry }: Pick<Services, 'registry'>,
  username: string,
  signal: AbortSignal,
): Promise<boolean> {
  const users = await registry.list(keys.users, [], signal);
  return !users.items.some(({ value }) => value.isSuperuser && value.username !== username);
}

/** Only for people to see: when somebody else changes the user at the same time, that wins. */
export async function rememberLogin(
  { registry, clock }: Services,
  user: Held<User>,
  signal: AbortSignal,
): Promise<void> {
  const { username } = user.value;
  await registry.commit(
    [unchanged(keys.users, [username], user.modRevision)],
    [put(keys.users, [username], { ...user.value, lastLogin: isoNow(clock) })],
    signal,
  );
}
