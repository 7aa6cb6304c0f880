// Lists come in pages of a hundred; a token says which page is next: two little-endian uint16 (limit, page) in URL-safe base64.

import { Buffer } from 'node:buffer';
import { FleetRefusal } from './refusal.ts';

const LIMIT = 100;
const LAST_PAGE = 0xffff;
const ALPHABET = /[A-Za-z0-9_-]/;

export interface Page<T> {
  items: T[];
  nextPageToken?: string;
}

/** The page that the query asks for. Past the end: no items. Throws FleetRefusal 400 for a token that is none. */
export function pageOf<T>(items: readonly T[], query: URLSearchParams): Page<T> {
  const page = pageAsked(query);
  const end = page * LIMIT;
  const shown = items.slice(end - LIMIT, end);
  if (items.length <= end || page === LAST_PAGE) return { items: shown };
  return { items: shown, nextPageToken: tokenOf(page + 1) };
}

export function tokenOf(page: number, limit = LIMIT): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(limit, 0);
  bytes.writeUInt16LE(page, 2);
  // Four bytes are eight characters, two of them padding.
  return `${bytes.toString('base64url')}==`;
}

function pageAsked(query: URLSearchParams): number {
  const tokens = query.getAll('nextPageToken');
  if (tokens.length === 0) return 1;
  if (tokens.length > 1) throw new FleetRefusal(400, 'too many values for page token');
  const bytes = decode(tokens[0]!);
  if (bytes.length === 0) throw new FleetRefusal(400, 'EOF');
  if (bytes.length < 4) throw new FleetRefusal(400, 'unexpected EOF');
  if (bytes.readUInt16LE(0) !== LIMIT) {
    throw new FleetRefusal(400, `token limit must be ${LIMIT}`);
  }
  const page = bytes.readUInt16LE(2);
  if (page === 0) throw new FleetRefusal(400, 'token page must be greater than zero');
  return page;
}

/** Strict, padding included; the message names the byte that Go's decoder names. */
function decode(token: string): Buffer {
  const body = token.replace(/=+$/, '');
  const bad = Array.from(body).findIndex((character) => !ALPHABET.test(character));
  const padding = token.length - body.length;
  const full = body.length - (body.length % 4);
  if (bad !== -1) throw illegal(bad);
  if (token.length % 4 !== 0 && token.length - full < 4)
    throw illegal(padding > 0 ? token.length : full);
  if (padding > 2 || body.length % 4 === 1) throw illegal(body.length);
  return Buffer.from(body, 'base64url');
}

function illegal(byte: number): FleetRefusal {
  return new FleetRefusal(400, `illegal base64 data at input byte ${byte}`);
}
