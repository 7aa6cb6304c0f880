// What happened to an app, as lines between its own log lines.

import type { History } from '../../model/app.ts';
import type { Condition, Write } from '../../ports/store.ts';
import { keys } from '../../registry/keys.ts';
import { type Held, put, stillCreatedAt, unchanged } from '../../registry/registry.ts';
import type { AppCall } from '../call.ts';
import { isoNow } from '../services.ts';
import { detail } from '../wire/errors.ts';

const KEPT_LINES = 200;
const LONGEST_LINE = 4000;

/** Adds lines to an app's history, in the transaction that does what they tell. */
export function remember(
  app: string,
  before: Held<History> | undefined,
  at: string,
  lines: readonly string[],
): { conditions: Condition[]; writes: Write[] } {
  const added = lines
    .flatMap((text) => text.split('\n'))
    .map((text) => ({ at, text: text.slice(0, LONGEST_LINE) }));
  const kept = [...(before?.value.lines ?? []), ...added].slice(-KEPT_LINES);
  return {
    conditions: [unchanged(keys.histories, [app], before?.modRevision ?? 0)],
    writes: [put(keys.histories, [app], { lines: kept })],
  };
}

/** A history that is written at the same time makes one of the two try again. */
const ATTEMPTS = 20;

/**
 * Commits a change of what belongs to the app, together with the line that tells it. False: a condition of the change,
 * or the app itself, did not hold any more. Throws 409 when the history never stands still.
 */
export async function commitTold(
  { services, app, signal }: Pick<AppCall, 'services' | 'app' | 'signal'>,
  text: string,
  { conditions, writes }: { conditions: Condition[]; writes: Write[] },
): Promise<boolean> {
  const { registry, clock } = services;
  const { id } = app.value;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = await registry.get(keys.histories, [id], signal);
    const told = remember(id, before, isoNow(clock), [text]);
    const committed = await registry.commit(
      [stillCreatedAt(keys.apps, [id], app.createRevision), ...conditions, ...told.conditions],
      [...writes, ...told.writes],
      signal,
    );
    if (committed.applied) return true;
    const after = await registry.get(keys.histories, [id], signal);
    if (after?.modRevision === before?.modRevision) return false;
  }
  throw detail(409, `Too much happens to ${id} at once. Try again.`);
}
