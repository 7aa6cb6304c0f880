// Structured log: a past-tense event and its fields.

export type LogFields = Record<string, string | number | boolean | null | undefined>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** `error` fields: pass `{ error: describe(error) }`; the stack of an unknown error belongs in `stack`. */
  error(event: string, fields?: LogFields): void;
  /** A log that adds these fields to every event. */
  with(fields: LogFields): Log;
}
