// What the controller tells of an app (releases, scaling, domains) stands among its lines, and drains get it: Deis v1's `[deis-controller]`.

import type { History } from '../model/app.ts';
import type { StoredLine } from './store/record.ts';
import type { LineStore } from './store/store.ts';

export const TELLER = 'deis-controller';

type Told = History['lines'][number];

/** Lines that were not told yet. `last`: what was told last, if anything was. Pure. */
export function untold(lines: readonly Told[], last: Told | undefined): Told[] {
  if (!last) return [...lines];
  const index = lines.findLastIndex(({ at, text }) => at === last.at && text === last.text);
  return index === -1 ? lines.filter(({ at }) => at > last.at) : lines.slice(index + 1);
}

/** Puts what is new into the app's text. What was told before this logger began is kept, but not drained. */
export async function tellHistory(store: LineStore, app: string, history: History): Promise<void> {
  const fresh = untold(history.lines, store.told(app));
  const last = fresh.at(-1);
  if (!last) return;
  const lines = fresh.map(({ at, text }): StoredLine => {
    const time = Date.parse(at);
    return {
      time: time * 1000,
      machine: '',
      process: TELLER,
      release: 0,
      text,
      error: false,
      old: time < store.began,
    };
  });
  await store.tell(app, lines, last);
}
