// An app's lines as they come, for as long as somebody listens.

import { readLine, type StoredLine } from './record.ts';
import type { LineStore } from './store.ts';
import { readLines } from './read-lines.ts';

/** In the order they came, from `from` on, until the signal aborts. A listener that is too slow for what is kept misses lines. */
export async function* followLines(
  store: LineStore,
  app: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<StoredLine[]> {
  let news = Promise.withResolvers<void>();
  const stop = store.onAppended((name) => {
    if (name === app) news.resolve();
  });
  const aborted = (): void => news.resolve();
  signal.addEventListener('abort', aborted, { once: true });
  let at = from;
  try {
    while (!signal.aborted) {
      const file = store.app(app);
      // Forgotten and begun anew: from its beginning.
      if (file && file.end < at) at = 0;
      const read = file && file.end > at ? await readLines(file, at, file.end) : undefined;
      if (read) {
        at = read.end;
        yield read.lines.map(({ json }) => readLine(json)).filter((line) => line !== undefined);
        continue;
      }
      await news.promise;
      news = Promise.withResolvers();
    }
  } finally {
    stop();
    signal.removeEventListener('abort', aborted);
  }
}
