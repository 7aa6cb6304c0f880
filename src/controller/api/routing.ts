// What an app changes about the way to it: `deis routing:set|unset|list`. Routers follow within a second; no release, no reload.

import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type AppRouting, ROUTING_SETTINGS, routingProblem } from '../../model/app-routing.ts';
import { keys } from '../../registry/keys.ts';
import { put, remove, unchanged } from '../../registry/registry.ts';
import { audited } from '../app/trail.ts';
import { type Answer, type AppCall, ok } from '../call.ts';
import type { Route } from '../route.ts';
import { isoNow } from '../services.ts';
import { v2 } from '../v2/route.ts';
import { badField, detail, notFound } from '../wire/errors.ts';

const names = ROUTING_SETTINGS.map(({ name, expected }) => `\`${name}\` (${expected})`).join(', ');
const shape = z.object({
  settings: z.record(z.string(), z.string()).describe('What is set. A password is never shown.'),
});
const wanted = z.object({
  settings: z
    .record(z.string(), z.string().nullable())
    .describe(`${names}; null: as the router's.`),
});

export const routingRoutes: readonly Route[] = [
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/routing',
    summary: 'Routing settings of the app.',
    answer: shape,
    handle: async ({ services, app, signal }) => {
      const found = await services.registry.get(keys.routing, [app.value.id], signal);
      return ok({ settings: shown(found?.value.settings ?? {}) });
    },
  }),
  v2.onApp({
    method: 'POST',
    path: '/apps/:id/routing',
    summary: 'Changes routing settings of the app; in effect at once, without a release.',
    body: wanted,
    answer: shape,
    handle: change,
  }),
];

const TRIES = 5;

async function change(
  call: Omit<AppCall, 'body'> & { body: z.infer<typeof wanted> },
): Promise<Answer> {
  const { settings } = await changeRouting(call, await readChanges(call.body.settings));
  return ok({ settings: shown(settings) });
}

/** Checked changes; null: as the router's. Writes if nobody else did meanwhile, else reads and merges again. */
export async function changeRouting(
  call: Omit<AppCall, 'body'>,
  changes: Record<string, string | null>,
): Promise<AppRouting> {
  const { services, app, signal } = call;
  const { registry } = services;
  const { id } = app.value;
  const told = Object.entries(changes).map(([name, value]) => (value === null ? `-${name}` : name));
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const before = await registry.get(keys.routing, [id], signal);
    const merged = Object.entries({ ...before?.value.settings, ...changes });
    const settings = Object.fromEntries(merged.filter(([, value]) => value !== null));
    const record = { app: id, settings, updated: isoNow(services.clock) } as AppRouting;
    const isEmpty = Object.keys(settings).length === 0;
    const write = isEmpty ? remove(keys.routing, [id]) : put(keys.routing, [id], record);
    const conditions = [
      unchanged(keys.routing, [id], before?.modRevision ?? 0),
      unchanged(keys.apps, [id], app.modRevision),
    ];
    const trail = audited(call, id, 'routing:set', told.join(' '));
    const { applied } = await registry.commit(conditions, [write, trail], signal);
    if (applied) return record;
    const present = await registry.get(keys.apps, [id], signal);
    if (!present) throw notFound();
    app.modRevision = present.modRevision;
  }
  throw detail(409, `${id} is being changed by somebody else. Try again.`);
}

/** Checked; a password hashed. Throws the answer 400 naming the setting. */
async function readChanges(
  given: Record<string, string | null>,
): Promise<Record<string, string | null>> {
  const changes: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(given)) {
    const isKnown = ROUTING_SETTINGS.some((setting) => setting.name === name);
    const problem = isKnown && value === null ? undefined : routingProblem(name, value ?? '');
    if (problem !== undefined) {
      throw badField(
        'settings',
        name === 'basicAuth' ? 'basicAuth: <name>:<password> is expected' : problem,
      );
    }
    changes[name] = name === 'basicAuth' && value !== null ? await hashed(value) : value;
  }
  return changes;
}

/** A worker of nginx computes it once for each new password it sees: some milliseconds, no more. */
const ITERATIONS = 10_000;

async function hashed(text: string): Promise<string> {
  const split = text.indexOf(':');
  const salt = randomBytes(16);
  const hash = await promisify(pbkdf2)(text.slice(split + 1), salt, ITERATIONS, 32, 'sha256');
  const words = [text.slice(0, split), 'pbkdf2-sha256', ITERATIONS, salt.toString('hex')];
  return [...words, hash.toString('hex')].join(':');
}

function shown(settings: Record<string, string>): Record<string, string> {
  const { basicAuth, ...rest } = settings;
  return basicAuth === undefined
    ? rest
    : { ...rest, basicAuth: `${basicAuth.slice(0, basicAuth.indexOf(':'))}:********` };
}
