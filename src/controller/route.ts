// A row of the table of routes: what a path answers, and who may ask.

import { randomInt } from 'node:crypto';
import { toDeisError } from '../model/errors.ts';
import { keys } from '../registry/keys.ts';
import { pruneTrail } from './app/trail.ts';
import type { Answer, AppCall, Call, UserCall } from './call.ts';
import { authenticate } from './authenticate.ts';
import { mayManage, mayUse, roleOf } from './rules/access.ts';
import type { Doc } from './v2/doc.ts';
import { forbidden, notFound, unauthenticated } from './wire/errors.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Route {
  method: Method;
  /** Under /v1 or /v2, without a trailing slash; parameters as `:name`. */
  path: string;
  /** `v1` when absent. */
  version?: 'v1' | 'v2';
  /** It can be tried with `X-Deis-Dry-Run: yes`: all that it does goes through app/change.ts. */
  canTry?: true;
  /** What /v2/openapi.json says of it: see v2/route.ts. */
  doc?: Doc;
  handle(call: Call): Promise<Answer>;
}

/** Where it is served. */
export function urlOf({ path, version = 'v1' }: Pick<Route, 'path' | 'version'>): string {
  return path === '' ? `/${version}/` : `/${version}${path}`;
}

/** A row whose calls may be tried without doing anything. */
export function triable(route: Route): Route {
  return { ...route, canTry: true };
}

/** For anybody, signed in or not. */
export function open(method: Method, path: string, handle: (call: Call) => Promise<Answer>): Route {
  return { method, path, handle };
}

/** For whoever has a token. */
export function signedIn(
  method: Method,
  path: string,
  handle: (call: UserCall) => Promise<Answer>,
): Route {
  return { method, path, handle: async (call) => handle(await withUser(call)) };
}

/** For superusers. */
export function admin(
  method: Method,
  path: string,
  handle: (call: UserCall) => Promise<Answer>,
): Route {
  return signedIn(method, path, async (call) => {
    if (!call.user.value.isSuperuser) throw forbidden();
    return handle(call);
  });
}

/** For whoever may use the app `:id`: 404 when there is none, 403 when it is somebody else's (reference §1.4). */
export function onApp(
  method: Method,
  path: string,
  handle: (call: AppCall) => Promise<Answer>,
): Route {
  return signedIn(method, path, async (call) => {
    const appCall = await withApp(call);
    if (!mayUse(appCall.role, method)) throw forbidden();
    const answer = await handle(appCall);
    if (method !== 'GET') await sometimesPrune(appCall);
    return answer;
  });
}

/** Changes of an app after which, on average, its trail is cut to its length. */
const PRUNE_ONE_IN = 50;

/** What was asked is done: a trail that stays too long is only told to the log. */
async function sometimesPrune({ services, app, signal }: AppCall): Promise<void> {
  if (randomInt(PRUNE_ONE_IN) !== 0) return;
  try {
    await pruneTrail(services.registry, app.value.id, signal);
  } catch (error) {
    services.log.warn('trail not pruned', {
      app: app.value.id,
      error: toDeisError(error).message,
    });
  }
}

/** As `onApp`, also for collaborators who DELETE: the handler decides. */
export function onAppForAll(
  method: Method,
  path: string,
  handle: (call: AppCall) => Promise<Answer>,
): Route {
  return signedIn(method, path, async (call) => {
    const appCall = await withApp(call);
    if (appCall.role === 'stranger') throw forbidden();
    return handle(appCall);
  });
}

/** For the owner of the app `:id` and superusers. */
export function onAppForManagers(
  method: Method,
  path: string,
  handle: (call: AppCall) => Promise<Answer>,
): Route {
  return onApp(method, path, async (call) => {
    if (!mayManage(call.role)) throw forbidden();
    return handle(call);
  });
}

export async function withUser(call: Call): Promise<UserCall> {
  const user = await authenticate(call.services.registry, call.authorization, call.signal);
  if (!user) throw unauthenticated();
  return { ...call, user };
}

/** With the app that `params.id` names and what the user is to it. Throws 404 when there is none. */
export async function withApp(call: UserCall): Promise<AppCall> {
  const { services, params, signal, user } = call;
  const id = params['id'] ?? '';
  if (!/^[a-z0-9-]+$/.test(id)) throw notFound();
  const [app, permission] = await Promise.all([
    services.registry.get(keys.apps, [id], signal),
    services.registry.get(keys.perms, [id, user.value.username], signal),
  ]);
  if (!app) throw notFound();
  return { ...call, app, role: roleOf(user.value, app.value, permission !== undefined) };
}
