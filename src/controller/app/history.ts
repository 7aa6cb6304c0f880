// What happened to an app, as lines between its own log lines.

import type { History } from '../../model/app.ts';
import type { Condition, Write } from '../../ports/store.ts';
import { keys } from '../../registry/keys.ts';
import { type Held, put, unchanged } from '../../registry/registry.ts';
import { type Services, isoNow } from '../services.ts';

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

/** A line on its own. Best effort: when several are told at once, one that is overtaken five times is left out. */
export async function tellHistory(
  { registry, clock }: Pick<Services, 'registry' | 'clock'>,
  app: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const before = await registry.get(keys.histories, [app], signal);
    const { conditions, writes } = remember(app, before, isoNow(clock), [text]);
    const committed = await registry.commit(conditions, writes, signal);
    if (committed.applied) return;
  }
}
