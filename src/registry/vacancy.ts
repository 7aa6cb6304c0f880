// Waiting for a key to be free.

import type { Store } from '../ports/store.ts';

/** Resolves when the key does not exist, or the signal aborts. It may be taken again by then. */
export async function untilVacant(store: Store, key: string, signal: AbortSignal): Promise<void> {
  const seen = new AbortController();
  const look = (present: boolean): void => {
    if (!present) seen.abort();
  };
  await store.watch(
    key,
    {
      snapshot: ({ entries }) => look(entries.some((entry) => entry.key === key)),
      changes: (changes) => {
        for (const change of changes) if (change.kind === 'delete') look(change.key !== key);
      },
      interrupted: () => undefined,
    },
    AbortSignal.any([signal, seen.signal]),
  );
}
