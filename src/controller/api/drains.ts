// Drains of an app: where its lines go besides `deis logs`. Beyond v1, which had one for the whole platform.

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Drain, parseDrainUrl } from '../../model/drain.ts';
import type { DrainReport } from '../../ports/app-logs.ts';
import { keys } from '../../registry/keys.ts';
import { absent, put, remove, unchanged } from '../../registry/registry.ts';
import { audited } from '../app/trail.ts';
import { commitTold } from '../app/history.ts';
import { type AppCall, created, noContent, ok } from '../call.ts';
import type { Route } from '../route.ts';
import { isoNow } from '../services.ts';
import { pageOf, pageQuery } from '../v2/page.ts';
import { v2 } from '../v2/route.ts';
import { badField, notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';

/** More would only be a mistake. */
const MOST_DRAINS = 10;
const REPORT_MS = 2000;

const drainShape = z.object({
  id: z.string(),
  app: z.string(),
  owner: z.string(),
  url: z.string(),
  created: z.string().describe('ISO 8601.'),
});

const drainState = drainShape.extend({
  state: z
    .enum(['idle', 'sending', 'failing', 'unknown'])
    .describe('`unknown`: no logger answers.'),
  reason: z.string().describe('Why it fails; else empty.'),
  behind: z.int().describe('Bytes of lines that are not sent yet.'),
});

export const drainRoutes: readonly Route[] = [
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/drains',
    summary: 'Drains of the app, and how they are doing.',
    query: pageQuery,
    answer: pageOf(drainState),
    handle: async ({ services, app, url, signal }) => {
      const { id } = app.value;
      const [{ items }, reports] = await Promise.all([
        services.registry.list(keys.drains, [id], signal),
        reportsOf(services.logs, id, signal),
      ]);
      const drains = items
        .toSorted((a, b) => a.createRevision - b.createRevision)
        .map(({ value }) => withReport(value, reports));
      return ok(page(drains, url));
    },
  }),
  v2.onApp({
    method: 'POST',
    path: '/apps/:id/drains',
    summary: 'Adds a drain: it gets the lines that come from now on.',
    status: 201,
    body: z.object({
      url: z.string().max(500).describe('udp://, tcp:// or syslog+tls://host[:port].'),
    }),
    answer: drainShape,
    handle: add,
  }),
  v2.onAppForManagers({
    method: 'DELETE',
    path: '/apps/:id/drains/:drain',
    summary: 'Removes a drain, named by its id or its URL.',
    handle: takeAway,
  }),
];

type Adding = Omit<AppCall, 'body'> & { body: { url: string } };

async function add(call: Adding) {
  const { services, app, user, signal } = call;
  const { url } = call.body;
  const parsed = parseDrainUrl(url);
  if ('problem' in parsed) throw badField('url', parsed.problem);
  const { id } = app.value;
  const { items } = await services.registry.list(keys.drains, [id], signal);
  if (items.some(({ value }) => value.url === url))
    throw badField('url', 'This field must be unique.');
  if (items.length >= MOST_DRAINS)
    throw badField('url', `An app has at most ${MOST_DRAINS} drains.`);
  const drain: Drain = {
    id: randomUUID().slice(0, 8),
    app: id,
    owner: user.value.username,
    url,
    created: isoNow(services.clock),
  };
  const text = `drain ${url} added`;
  const done = await commitTold(call, text, {
    conditions: [absent(keys.drains, [id, drain.id])],
    writes: [put(keys.drains, [id, drain.id], drain), audited(call, id, 'drains:add', text)],
  });
  if (!done) throw notFound();
  return created(drain);
}

async function takeAway(call: AppCall | Omit<AppCall, 'body'>) {
  const { services, app, params, signal } = call;
  const { id } = app.value;
  const { items } = await services.registry.list(keys.drains, [id], signal);
  const named = params['drain'] ?? '';
  const drain = items.find(({ value }) => value.id === named || value.url === named);
  if (!drain) throw notFound();
  const text = `drain ${drain.value.url} removed`;
  const done = await commitTold(call, text, {
    conditions: [unchanged(keys.drains, drain.ids, drain.modRevision)],
    writes: [remove(keys.drains, drain.ids), audited(call, id, 'drains:remove', text)],
  });
  if (!done) throw notFound();
  return noContent();
}

function withReport(drain: Drain, reports: readonly DrainReport[] | undefined) {
  const report = reports?.find(({ id }) => id === drain.id);
  return {
    ...drain,
    state: report?.state ?? 'unknown',
    reason: report?.reason ?? '',
    behind: report?.behind ?? 0,
  };
}

async function reportsOf(
  logs: AppCall['services']['logs'],
  app: string,
  signal: AbortSignal,
): Promise<DrainReport[] | undefined> {
  return logs.drains(app, AbortSignal.any([signal, AbortSignal.timeout(REPORT_MS)]));
}
