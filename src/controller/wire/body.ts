// Fields of a request body, with the error texts of Django REST framework 3.0 that clients show (reference §1.3).

import { WireError, badField } from './errors.ts';

export type Body = Record<string, unknown>;

const REQUIRED = 'This field is required.';
const NULL = 'This field may not be null.';
const BLANK = 'This field may not be blank.';

/** The body as an object; an empty one counts as {}. Throws 400 for anything else. */
export function bodyObject(body: unknown): Body {
  if (body === undefined || body === null || body === '') return {};
  if (typeof body === 'object' && !Array.isArray(body)) return body as Body;
  const kind = Array.isArray(body) ? 'list' : typeof body;
  throw new WireError(400, {
    non_field_errors: [`Invalid data. Expected a dictionary, but got ${kind}.`],
  });
}

/** A text that must be there. Numbers are read as text, as the original did. */
export function requiredText(body: Body, field: string): string {
  const value = body[field];
  if (value === undefined) throw badField(field, REQUIRED);
  if (value === null) throw badField(field, NULL);
  const text = asText(field, value);
  if (text.trim() === '') throw badField(field, BLANK);
  return text;
}

/** A text that may be missing, null or empty: then undefined. */
export function optionalText(body: Body, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  const text = asText(field, value);
  return text === '' ? undefined : text;
}

/** An object, or the JSON text of one; undefined when missing or null. */
export function optionalMap(body: Body, field: string): Body | undefined {
  const value = body[field];
  if (value === undefined || value === null || value === '') return undefined;
  const map = typeof value === 'string' ? parsed(field, value) : value;
  if (typeof map === 'object' && map !== null && !Array.isArray(map)) return map as Body;
  throw badField(field, 'Expected a dictionary of values.');
}

function asText(field: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw badField(field, 'Not a valid string.');
}

function parsed(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw badField(field, 'Value must be valid JSON.');
    throw cause;
  }
}
