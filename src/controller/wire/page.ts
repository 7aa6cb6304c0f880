// The envelope of every list: {count, next, previous, results} with absolute links (reference §1.2).

import { notFound } from './errors.ts';

export interface Page {
  count: number;
  next: string | null;
  previous: string | null;
  results: unknown[];
}

const DEFAULT_SIZE = 100;

/** `url` is the absolute URL of the request. Throws 404 for a page out of range. */
export function page(items: readonly unknown[], url: URL): Page {
  const size = positive(url.searchParams.get('page_size')) ?? DEFAULT_SIZE;
  const last = Math.max(1, Math.ceil(items.length / size));
  const asked = url.searchParams.get('page');
  const number = asked === null ? 1 : asked === 'last' ? last : positive(asked);
  if (number === undefined || number > last) throw notFound();
  return {
    count: items.length,
    next: number < last ? link(url, number + 1) : null,
    previous: number > 1 ? link(url, number - 1) : null,
    results: items.slice((number - 1) * size, number * size),
  };
}

function positive(text: string | null): number | undefined {
  if (text === null || !/^[0-9]{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value > 0 ? value : undefined;
}

function link(url: URL, number: number): string {
  const other = new URL(url);
  other.searchParams.set('page', String(number));
  return other.toString();
}
