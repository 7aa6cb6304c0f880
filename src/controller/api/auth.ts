// Signing up, signing in, passwords and tokens (reference §1.5).

import { PLATFORM_TRAIL } from '../../model/audit.ts';
import { keys } from '../../registry/keys.ts';
import { put, unchanged } from '../../registry/registry.ts';
import { type Answer, type Call, type UserCall, created, noContent, ok } from '../call.ts';
import { authenticate } from '../authenticate.ts';
import { type Author, audited } from '../app/trail.ts';
import { platformSetting } from '../app/settings-of-platform.ts';
import { type Route, open, signedIn } from '../route.ts';
import { emailProblem, passwordProblem, usernameProblem } from '../rules/user.ts';
import { newUser, removeUser, rememberLogin } from '../users.ts';
import { issueToken, revokeTokens } from '../tokens.ts';
import { bodyObject, optionalText, requiredText } from '../wire/body.ts';
import { WireError, badField, detail, forbidden, notFound } from '../wire/errors.ts';
import { userShape } from './shapes.ts';

export const authRoutes: readonly Route[] = [
  open('POST', '/auth/register', register),
  open('POST', '/auth/login', login),
  signedIn('DELETE', '/auth/cancel', cancel),
  signedIn('POST', '/auth/passwd', passwd),
  signedIn('POST', '/auth/tokens', regenerate),
];

async function register(call: Call): Promise<Answer> {
  const { services, signal } = call;
  await mayRegister(call);
  services.throttles.newcomer(call.from);
  const body = bodyObject(call.body);
  const username = checked('username', requiredText(body, 'username'), usernameProblem);
  const password = checked('password', requiredText(body, 'password'), passwordProblem);
  const email = checked('email', optionalText(body, 'email') ?? '', emailProblem);
  const user = await newUser(
    services,
    {
      username,
      email,
      password,
      firstName: optionalText(body, 'first_name') ?? '',
      lastName: optionalText(body, 'last_name') ?? '',
    },
    signal,
  );
  const by = { ...call, user: { value: user } };
  await tellPlatform(by, 'auth:register', `${username} registered`);
  services.log.info('user registered', { user: username, superuser: user.isSuperuser });
  return created(userShape(user));
}

async function mayRegister({ services, authorization, signal }: Call): Promise<void> {
  const mode = await platformSetting(services.registry, 'controller/registrationMode', signal);
  switch (mode) {
    case 'enabled':
      return;
    case 'disabled':
      throw detail(403, 'Registration is disabled');
    case 'admin_only': {
      const user = await authenticate(services.registry, authorization, signal).catch(
        (error: unknown) => {
          // A bad token counts as none here (reference §1.5).
          if (error instanceof WireError) return undefined;
          throw error;
        },
      );
      if (!user?.value.isSuperuser) throw forbidden();
      return;
    }
    default:
      throw detail(500, `${mode} is not a registration mode: enabled, disabled, admin_only`);
  }
}

async function login({ services, from, body: sent, signal }: Call): Promise<Answer> {
  const body = bodyObject(sent);
  const username = requiredText(body, 'username');
  const password = requiredText(body, 'password');
  const refused = (text: string): WireError => new WireError(400, { non_field_errors: [text] });
  const wrong = 'Unable to log in with provided credentials.';
  if (usernameProblem(username) || passwordProblem(password)) throw refused(wrong);
  const user = await services.registry.get(keys.users, [username], signal);
  const { passwords, throttles } = services;
  const right = await throttles.guess(from, username, async () => {
    if (user) return passwords.matches(password, user.value.password);
    // As slow as for a user who exists: nobody learns who does.
    await passwords.hash(password);
    return false;
  });
  if (!user || !right) throw refused(wrong);
  if (!user.value.isActive) throw refused('User account is disabled.');
  const token = await issueToken(services, username, signal);
  await rememberLogin(services, user, signal);
  return ok({ token });
}

async function cancel(call: UserCall): Promise<Answer> {
  const { services, user, signal } = call;
  const username = optionalText(bodyObject(call.body), 'username') ?? user.value.username;
  const target = await otherUser(call, username);
  const apps = await services.registry.list(keys.apps, [], signal);
  if (apps.items.some(({ value }) => value.owner === username)) {
    const text = `${username} still has applications assigned. Delete or transfer ownership`;
    throw detail(409, text);
  }
  await removeUser(services, target, signal);
  await tellPlatform(call, 'auth:cancel', `${user.value.username} removed user ${username}`);
  services.log.info('user removed', { user: username, by: user.value.username });
  return noContent();
}

async function passwd(call: UserCall): Promise<Answer> {
  const { services, user, signal } = call;
  const body = bodyObject(call.body);
  const fresh = checked('new_password', requiredText(body, 'new_password'), passwordProblem);
  const target = await otherUser(call, optionalText(body, 'username') ?? user.value.username);
  if (!user.value.isSuperuser) {
    const old = optionalText(body, 'password') ?? '';
    const { passwords, throttles } = services;
    const matches = (): Promise<boolean> => passwords.matches(old, target.value.password);
    if (!(await throttles.guess(call.from, user.value.username, matches))) {
      throw detail(400, 'Current password does not match');
    }
  }
  const password = await services.throttles.hashing(() => services.passwords.hash(fresh));
  const { username } = target.value;
  const committed = await services.registry.commit(
    [unchanged(keys.users, [username], target.modRevision)],
    [
      put(keys.users, [username], { ...target.value, password }),
      audited(
        call,
        PLATFORM_TRAIL,
        'auth:passwd',
        `${user.value.username} set the password of ${username}`,
      ),
    ],
    signal,
  );
  if (!committed.applied) throw detail(409, `${username} was changed by somebody else. Try again.`);
  return ok({ status: 'password set' });
}

/** The old tokens die at once. `all` is for superusers: everybody has to log in again. */
async function regenerate(call: UserCall): Promise<Answer> {
  const { services, user, signal } = call;
  const body = bodyObject(call.body);
  if (('username' in body || 'all' in body) && !user.value.isSuperuser) throw forbidden();
  if ('all' in body) {
    await revokeTokens(services.registry, () => true, signal);
    await tellPlatform(call, 'auth:regenerate', `${user.value.username} revoked all tokens`);
    return ok({ token: '' });
  }
  const username = optionalText(body, 'username') ?? user.value.username;
  await otherUser(call, username);
  await revokeTokens(services.registry, (token) => token.username === username, signal);
  const text = `${user.value.username} revoked the tokens of ${username}`;
  await tellPlatform(call, 'auth:regenerate', text);
  return ok({ token: await issueToken(services, username, signal) });
}

async function tellPlatform(
  call: Author & Pick<Call, 'services' | 'signal'>,
  action: string,
  text: string,
): Promise<void> {
  const trail = audited(call, PLATFORM_TRAIL, action, text);
  await call.services.registry.commit([], [trail], call.signal);
}

/** The caller, or for superusers anybody. */
async function otherUser(
  { services, user, signal }: UserCall,
  username: string,
): Promise<UserCall['user']> {
  if (username === user.value.username) return user;
  if (!user.value.isSuperuser) throw forbidden();
  const other = await services.registry.get(keys.users, [username], signal);
  if (!other) throw notFound();
  return other;
}

function checked(
  field: string,
  text: string,
  problem: (text: string) => string | undefined,
): string {
  const message = problem(text);
  if (message !== undefined) throw badField(field, message);
  return text;
}
