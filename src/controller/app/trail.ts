// The trail of changes: who, when, what, which release. Written in the transaction of the change itself.

import { randomBytes } from 'node:crypto';
import type { AuditEvent } from '../../model/audit.ts';
import type { Write } from '../../ports/store.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, put, remove } from '../../registry/registry.ts';
import type { Services } from '../services.ts';

export interface Author {
  services: Pick<Services, 'clock'>;
  user: { value: { username: string } };
  requestId: string;
}

/** Events of an app that are kept. */
const KEPT = 1000;
/** Deletions of one transaction. */
const BATCH = 90;

/**
 * One event of the trail of `app` (PLATFORM_TRAIL for what belongs to none). `text` must not hold config values.
 * The same write may be sent again: its key was chosen here.
 */
export function audited(
  { services, user, requestId }: Author,
  app: string,
  action: string,
  text: string,
  release?: number,
): Write {
  const now = services.clock.now();
  const event: AuditEvent = {
    at: new Date(now).toISOString(),
    user: user.value.username,
    action,
    text: text.slice(0, 2000),
    ...(release === undefined ? {} : { release }),
    request: requestId,
  };
  return put(keys.audit, [app, timeOrderedId(now)], event);
}

/** Drops the oldest events of an app that has more than the kept number. */
export async function pruneTrail(
  registry: Registry,
  app: string,
  signal: AbortSignal,
): Promise<void> {
  const { items } = await registry.list(keys.audit, [app], signal);
  const old = items.slice(0, Math.max(0, items.length - KEPT)).slice(0, BATCH);
  if (old.length === 0) return;
  await registry.commit(
    [],
    old.map(({ ids }) => remove(keys.audit, ids)),
    signal,
  );
}

/** Milliseconds as 12 hex digits, then chance. */
function timeOrderedId(now: number): string {
  return `${now.toString(16).padStart(12, '0')}-${randomBytes(6).toString('hex')}`;
}
