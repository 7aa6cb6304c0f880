// An app's config values in the clear: they go into the request for a container and nowhere else.

import { z } from 'zod';
import type { AppProcess } from '../model/app.ts';
import { DeisError } from '../model/errors.ts';
import type { Entry } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import { keys } from '../registry/keys.ts';

/** Where the values of this process are kept. */
export function configKey({ app, config }: Pick<AppProcess, 'app' | 'config'>): string {
  return keys.configs.key(app, config);
}

/** `entry`: what the store holds under `configKey`. Throws DeisError('not-found') when that is nothing. */
export function openValues(
  vault: Vault,
  process: Pick<AppProcess, 'app' | 'config'>,
  entry: Entry | undefined,
): Record<string, string> {
  const { app, config } = process;
  if (!entry) {
    throw new DeisError('not-found', `the config ${config} of ${app} is not in the store`);
  }
  const key = configKey(process);
  const values = opened.safeParse(vault.open(keys.configs.decode(key, entry.value).values, key));
  if (values.success) return values.data;
  throw new DeisError('internal', `the config ${config} of ${app} holds no values`);
}

/** Says nothing of the text when it is malformed: it holds secrets. */
const opened = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.string()));
