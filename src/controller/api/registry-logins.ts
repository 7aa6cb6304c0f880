// Logins of an app at registries of other people: `deis registry:set|unset|list`. A password goes in and never comes out.

import { z } from 'zod';
import { parseRegistryHost, type RegistryLogins } from '../../model/registry-login.ts';
import { keys } from '../../registry/keys.ts';
import { put, remove, unchanged } from '../../registry/registry.ts';
import { readLogins, sealLogins } from '../app/registry-logins.ts';
import { audited } from '../app/trail.ts';
import { type Answer, type AppCall, noContent, ok } from '../call.ts';
import type { Route } from '../route.ts';
import { v2 } from '../v2/route.ts';
import { badField, detail, notFound } from '../wire/errors.ts';

const login = z.object({
  host: z.string().describe('As in the names of images: `quay.io`, `registry.example.com:5000`.'),
  username: z.string().optional(),
  plain: z.boolean().describe('Spoken to without TLS.'),
});
const logins = z.object({ logins: z.array(login) });

const MOST_LOGINS = 100;
const secret = z.string().min(1).max(8192);

const wanted = z.object({
  host: z.string().min(1).max(300).describe('`http://host:port` for one without TLS.'),
  username: secret.optional(),
  password: secret.optional(),
});

export const registryLoginRoutes: readonly Route[] = [
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/registry',
    summary: 'Logins of the app at other registries, without their passwords.',
    answer: logins,
    handle: async ({ services, app, signal }) =>
      ok(shown((await readLogins(services, app.value.id, signal)).logins)),
  }),
  v2.onApp({
    method: 'POST',
    path: '/apps/:id/registry',
    summary: 'Set the login of the app at a registry.',
    body: wanted,
    answer: logins,
    handle: set,
  }),
  v2.onApp({
    method: 'DELETE',
    path: '/apps/:id/registry/:host',
    summary: 'Forget the login of the app at a registry.',
    handle: unset,
  }),
];

type Change = (logins: RegistryLogins) => RegistryLogins;

async function set(
  call: Omit<AppCall, 'body'> & { body: z.infer<typeof wanted> },
): Promise<Answer> {
  const { username, password } = call.body;
  const host = readHost(call.body.host);
  if ((username === undefined) !== (password === undefined)) {
    throw badField('password', 'A login has a username and a password, or neither.');
  }
  const change: Change = (before) => {
    if (Object.keys(before).length >= MOST_LOGINS && !Object.hasOwn(before, host.host)) {
      throw badField('host', `An app has at most ${MOST_LOGINS} logins.`);
    }
    const value = {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(host.plain && { plain: true }),
    };
    return { ...before, [host.host]: value };
  };
  return ok(shown(await changeLogins(call, 'registry:set', host.host, change)));
}

async function unset(call: Omit<AppCall, 'body'>): Promise<Answer> {
  const { host } = readHost(decodeURIComponent(call.params['host'] ?? ''));
  await changeLogins(call, 'registry:unset', host, (before) => {
    if (!Object.hasOwn(before, host)) throw notFound();
    const { [host]: _, ...rest } = before;
    return rest;
  });
  return noContent();
}

function readHost(text: string): { host: string; plain: boolean } {
  const parsed = parseRegistryHost(text);
  if ('problem' in parsed) throw badField('host', parsed.problem);
  return parsed;
}

const TRIES = 5;

/** Writes if nobody else did meanwhile, else reads and decides again. */
async function changeLogins(
  call: Omit<AppCall, 'body'>,
  action: string,
  host: string,
  change: Change,
): Promise<RegistryLogins> {
  const { services, app, signal } = call;
  const { registry, vault } = services;
  const { id } = app.value;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const { logins: before, revision } = await readLogins(services, id, signal);
    const after = change(before);
    const isEmpty = Object.keys(after).length === 0;
    const write = isEmpty
      ? remove(keys.registryLogins, [id])
      : put(keys.registryLogins, [id], sealLogins(vault, id, after));
    const committed = await registry.commit(
      [unchanged(keys.registryLogins, [id], revision), unchanged(keys.apps, [id], app.modRevision)],
      [write, audited(call, id, action, host)],
      signal,
    );
    if (committed.applied) return after;
    const present = await registry.get(keys.apps, [id], signal);
    if (!present) throw notFound();
    app.modRevision = present.modRevision;
  }
  throw detail(409, `${id} is being changed by somebody else. Try again.`);
}

function shown(all: RegistryLogins): z.infer<typeof logins> {
  const rows = Object.entries(all).map(([host, { username, plain }]) => ({
    host,
    ...(username !== undefined && { username }),
    plain: plain === true,
  }));
  return { logins: rows.toSorted((a, b) => a.host.localeCompare(b.host)) };
}
