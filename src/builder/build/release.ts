// What bin/release of a buildpack says (YAML, Heroku's buildpack API): default process types and config variables. Pure.

import { parse } from 'yaml';
import { z } from 'zod';
import { DeisError } from '../../model/errors.ts';
import { parseProcfile } from '../../model/procfile.ts';

export interface Release {
  types: Record<string, string>;
  variables: Record<string, string>;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const shape = z
  .object({
    default_process_types: z.record(z.string(), scalar).nullish(),
    config_vars: z.record(z.string().regex(/^[A-Za-z_]\w*$/), scalar).nullish(),
  })
  .nullish();

/** An empty text says nothing. Throws DeisError('build-failed'). */
export function parseRelease(text: string): Release {
  let yaml: unknown;
  try {
    yaml = parse(text, { maxAliasCount: 20, logLevel: 'error' });
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    throw wrong(said, cause);
  }
  const read = shape.safeParse(yaml);
  if (!read.success) throw wrong(z.prettifyError(read.error), read.error);
  const types = read.data?.default_process_types ?? {};
  const lines = Object.entries(types).map(([type, command]) => `${type}: ${command.trim()}`);
  const parsed = parseProcfile(lines.join('\n'));
  if ('problem' in parsed) throw wrong(parsed.problem);
  return { types: parsed.procfile, variables: read.data?.config_vars ?? {} };
}

function wrong(why: string, cause?: unknown): DeisError {
  return new DeisError('build-failed', `bin/release of the buildpack: ${why}`, '', { cause });
}
