// What a row of /v2 says of itself.

import type { z } from 'zod';

/** Who may call it: anybody, whoever has a token, superusers, users of the app `:id`, its owner and superusers. */
export type Access = 'open' | 'user' | 'admin' | 'app' | 'managers';

/** What the OpenAPI document says of a row. */
export interface Doc {
  summary: string;
  access: Access;
  /** Status of the good answer. */
  status: number;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Absent: no body. */
  answer?: z.ZodType;
  /** Media type of an answer that is not JSON. */
  produces?: string;
}
