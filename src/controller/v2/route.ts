// Rows of /v2: what a path takes and answers is a schema, checked at the door and shown in /v2/openapi.json.

import type { z } from 'zod';
import type { Answer, AppCall, Call, UserCall } from '../call.ts';
import {
  type Method,
  type Route,
  admin,
  onApp,
  onAppForManagers,
  open,
  signedIn,
} from '../route.ts';
import { WireError } from '../wire/errors.ts';
import type { Access, Doc } from './doc.ts';

/** Query and body as their schemas read them. */
export interface Checked<Q, B> {
  query: Q;
  body: B;
}

export interface Spec<C extends Call, Q, B> extends Omit<
  Doc,
  'access' | 'query' | 'body' | 'status'
> {
  method: Method;
  /** Under /v2, without a trailing slash; parameters as `:name`; `:id` is always the app. */
  path: string;
  /** 200 by default, 204 when there is no answer. */
  status?: number;
  /** Values of a query are texts: use z.coerce for numbers. */
  query?: z.ZodType<Q>;
  body?: z.ZodType<B>;
  handle: (call: Omit<C, 'body'> & Checked<Q, B>) => Promise<Answer>;
}

type Guard<C extends Call> = (
  method: Method,
  path: string,
  handle: (call: C) => Promise<Answer>,
) => Route;

/** `v2.onApp({ method, path, summary, answer, handle })`: a row of routes.ts. See README. */
export const v2 = {
  open: row<Call>(open, 'open'),
  signedIn: row<UserCall>(signedIn, 'user'),
  admin: row<UserCall>(admin, 'admin'),
  /** Users of the app; collaborators only when the method is not DELETE, as in /v1. */
  onApp: row<AppCall>(onApp, 'app'),
  onAppForManagers: row<AppCall>(onAppForManagers, 'managers'),
} as const;

function row<C extends Call>(guard: Guard<C>, access: Access) {
  return <Q = undefined, B = undefined>(spec: Spec<C, Q, B>): Route => {
    const { method, path, handle, query, body, ...rest } = spec;
    const route = guard(method, path, (call) =>
      handle({
        ...call,
        query: checked(query, Object.fromEntries(call.url.searchParams)) as Q,
        body: checked(body, call.body ?? {}) as B,
      }),
    );
    const doc: Doc = {
      ...rest,
      access,
      status: spec.status ?? (spec.answer || spec.produces ? 200 : 204),
      ...(query ? { query } : {}),
      ...(body ? { body } : {}),
    };
    return { ...route, version: 'v2', doc };
  };
}

/** Undefined without a schema. Throws 400 that names each wrong field, in the flat form of all our errors. */
function checked<T>(schema: z.ZodType<T> | undefined, value: unknown): T | undefined {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const { path, message } of parsed.error.issues.slice(0, 20)) {
    const field = path.join('.').slice(0, 200) || 'non_field_errors';
    (problems[field] ??= []).push(message);
  }
  throw new WireError(400, problems);
}
