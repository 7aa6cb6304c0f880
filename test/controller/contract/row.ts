// A row of the contract: who asks what, and what the answer must be, word for word. `source` is a section of the reference on
// Deis v1; answers are written from there, never recorded from ours.

import type { Test } from 'tap';
import type { Controller, Reply } from '../api.ts';

/** ada is superuser, bob owns apps, carl is a collaborator where bob says so, eve is a stranger. */
export type Who = 'ada' | 'bob' | 'carl' | 'eve' | 'nobody';

export type Memory = Map<string, string>;
type Text = string | ((memory: Memory) => string);

export interface Row {
  source: string;
  what: string;
  /** ada when absent. */
  as?: Who;
  call: readonly [method: string, path: Text, body?: unknown, headers?: Record<string, string>];
  /** `201 CREATED`. */
  status: string;
  /** Keys must be exactly these; values are equal, match a pattern or pass a function. Absent: no body. */
  json?: unknown;
  /** Instead of JSON. */
  text?: RegExp;
  headers?: Record<string, string | RegExp>;
  /** Keeps something of the answer for later rows. */
  keep?: (reply: Reply, memory: Memory) => void;
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dUTC$/;
export const USER_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const TOKEN = /^[0-9a-f]{40}$/;
export const dates = { created: DATE, updated: DATE };

export const REQUIRED = ['This field is required.'];
export const NOT_FOUND = { detail: 'Not found' };
export const FORBIDDEN = { detail: 'You do not have permission to perform this action.' };
export const NO_CREDENTIALS = { detail: 'Authentication credentials were not provided.' };

/** The envelope of a list. */
export function list(...results: unknown[]): object {
  return { count: results.length, next: null, previous: null, results };
}

const VERSION_HEADERS = [
  'DEIS_API_VERSION',
  'DEIS_PLATFORM_VERSION',
  'X_DEIS_API_VERSION',
  'X_DEIS_PLATFORM_VERSION',
];

export async function check(
  t: Test,
  row: Row,
  callers: Record<Who, Controller['call']>,
  memory: Memory,
): Promise<void> {
  const [method, path, body, headers] = row.call;
  const url = typeof path === 'function' ? path(memory) : path;
  const sent = typeof body === 'function' ? (body as (m: Memory) => unknown)(memory) : body;
  const reply = await callers[row.as ?? 'ada'](method, url, sent, headers);
  const problems: string[] = [];
  const status = `${reply.status} ${reply.reason}`;
  if (status !== row.status) problems.push(`status is ${status}, not ${row.status}`);
  for (const name of VERSION_HEADERS) {
    if (!reply.rawHeaders.includes(name)) problems.push(`the header ${name} is missing`);
  }
  if (!reply.headers['deis-request-id']) problems.push('Deis-Request-Id is missing');
  for (const [name, wanted] of Object.entries(row.headers ?? {})) {
    problems.push(...difference(`header ${name}`, reply.headers[name.toLowerCase()], wanted));
  }
  if (row.text) problems.push(...difference('body', reply.text, row.text));
  else if (row.json === undefined) problems.push(...difference('body', reply.text, ''));
  else {
    problems.push(...difference('body', reply.json, row.json));
    problems.push(...difference('type', reply.headers['content-type'], /^application\/json/));
  }
  const who = row.as ?? 'ada';
  t.same(
    problems,
    [],
    `${row.source} ${who}: ${row.what}${problems.length ? ` ${reply.text}` : ''}`,
  );
  row.keep?.(reply, memory);
}

/** What differs, in words; empty when nothing does. */
export function difference(where: string, seen: unknown, wanted: unknown): string[] {
  if (wanted instanceof RegExp) {
    return typeof seen === 'string' && wanted.test(seen)
      ? []
      : [`${where} is ${JSON.stringify(seen)}, which does not match ${String(wanted)}`];
  }
  if (typeof wanted === 'function') {
    return (wanted as (seen: unknown) => boolean)(seen)
      ? []
      : [`${where} is ${JSON.stringify(seen)}, which is not ${wanted.name || 'as it should be'}`];
  }
  if (typeof wanted !== 'object' || wanted === null) {
    return Object.is(seen, wanted)
      ? []
      : [`${where} is ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`];
  }
  if (typeof seen !== 'object' || seen === null || Array.isArray(seen) !== Array.isArray(wanted)) {
    return [`${where} is ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`];
  }
  const [a, b] = [seen, wanted] as [Record<string, unknown>, Record<string, unknown>];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.flatMap((name) => {
    if (!(name in a)) return [`${where}.${name} is missing`];
    if (!(name in b)) return [`${where}.${name} is too much`];
    return difference(`${where}.${name}`, a[name], b[name]);
  });
}

export function positiveInteger(seen: unknown): boolean {
  return Number.isSafeInteger(seen) && (seen as number) > 0;
}
