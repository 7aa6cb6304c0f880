// What the logger answers, and to whom. To add an answer: a row in ROUTES, a method of adapters/logger-client.ts.

import { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import { APP_ID, parsePlatformUnitName } from '../model/ids.ts';
import type { ShippedBatch } from '../model/shipped.ts';
import type { LogLine } from '../ports/log-store.ts';
import type { DrainReport } from '../ports/app-logs.ts';
import { followLines } from './store/follow.ts';
import { logLine } from './store/record.ts';
import type { LineStore } from './store/store.ts';
import { accepts, tail } from './store/tail.ts';

export interface RouteSources {
  store: LineStore;
  /** Of an app; of the platform without one. */
  drains: (app: string | undefined) => DrainReport[];
}

export interface Answer {
  type: 'application/json' | 'application/x-ndjson';
  body: string | AsyncIterable<string>;
}

interface Route {
  method: 'GET' | 'POST';
  /** Common names of the certificates that may ask. */
  clients: readonly string[];
  handle(
    sources: RouteSources,
    query: Record<string, string>,
    body: unknown,
    signal: AbortSignal,
  ): Promise<Answer>;
}

const text = z.string();
const place = z.object({ cursor: text.min(1).max(1000), time: z.number() });

/** Also the names of components, which no app may take. */
const appName = text.refine((name) => APP_ID.test(name), 'is not the name of an app');
const processName = text.regex(/^[a-z0-9][a-z0-9.-]{0,140}$/);

const line = z.object({
  app: appName,
  process: processName,
  release: z.int().nonnegative(),
  time: z.int().nonnegative(),
  text,
  error: z.boolean().optional(),
  old: z.boolean().optional(),
  piece: z.object({ id: text.max(200), last: z.boolean() }).optional(),
});

const batch = z.object({
  machine: text.min(1).max(100),
  name: text.max(300),
  after: text.nullable(),
  place,
  lines: z.array(line).max(20_000),
}) satisfies z.ZodType<ShippedBatch>;

const logsQuery = z.object({
  app: appName,
  process: text.optional(),
  release: z.coerce.number().int().positive().optional(),
  lines: z.coerce.number().int().min(0).max(1_000_000).default(100),
  follow: z.enum(['true', 'false']).default('false'),
});

const READERS = ['controller', 'operator'];

export const ROUTES: Record<string, Route> = {
  '/v1/state': {
    method: 'GET',
    clients: ['deisd', 'operator'],
    handle: async ({ store }, query) => json(store.state(query['machine'] ?? '')),
  },

  '/v1/lines': {
    method: 'POST',
    clients: ['deisd'],
    handle: async ({ store }, _query, body) => {
      const given = batch.parse(body);
      for (const { app } of given.lines) mustBeNameable(app);
      return json(await store.accept(given));
    },
  },

  '/v1/logs': {
    method: 'GET',
    clients: READERS,
    handle: async ({ store }, query, _body, signal) => {
      const { app, lines, follow, ...rest } = logsQuery.parse(query);
      const wanted = {
        ...(rest.process !== undefined && { process: rest.process }),
        ...(rest.release !== undefined && { release: rest.release }),
      };
      const file = store.app(app);
      const recent = file ? await tail(file, lines, wanted, signal) : { lines: [], end: 0 };
      const stream = async function* (): AsyncGenerator<string> {
        yield* ndjson(recent.lines.map((stored) => logLine(app, stored)));
        if (follow !== 'true') return;
        const fits = accepts(wanted);
        for await (const stored of followLines(store, app, recent.end, signal)) {
          yield ndjson(stored.filter(fits).map((one) => logLine(app, one))).join('');
        }
      };
      return { type: 'application/x-ndjson', body: stream() };
    },
  },

  '/v1/drains': {
    method: 'GET',
    clients: READERS,
    handle: async ({ drains }, query) => json(drains(query['app'])),
  },
};

/** A component's name must be one that a unit of the platform can have. */
function mustBeNameable(app: string): void {
  if (!app.startsWith('deis-') || parsePlatformUnitName(`${app}.service`)) return;
  throw new DeisError('invalid', `${app} is no component`);
}

const json = (value: object): Answer => ({
  type: 'application/json',
  body: `${JSON.stringify(value)}\n`,
});

function ndjson(lines: readonly LogLine[]): string[] {
  return lines.map((value) => `${JSON.stringify(value)}\n`);
}
