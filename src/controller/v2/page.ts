// The envelope of lists in /v2: that of /v1 (wire/page.ts), as a schema.

import { z } from 'zod';

/** Query of a list. */
export const pageQuery = z.object({
  page: z.string().optional().describe('Its number, or `last`.'),
  page_size: z.string().optional().describe('100 when absent.'),
});

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    count: z.int().nonnegative(),
    next: z.string().nullable(),
    previous: z.string().nullable(),
    results: z.array(item),
  });
}
