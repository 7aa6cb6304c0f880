// Several streams as one: whatever comes first is passed on first.

/** Ends with the first stream that ends or fails; the others are left to whoever holds their signal. */
export async function* together<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const step = async (source: AsyncGenerator<T>) => ({ source, result: await source.next() });
  const waiting = new Map(sources.map((source) => [source, step(source)]));
  try {
    for (;;) {
      const { source, result } = await Promise.race(waiting.values());
      if (result.done) return;
      yield result.value;
      waiting.set(source, step(source));
    }
  } finally {
    // Their ends, good or bad, are nobody's any more.
    for (const last of waiting.values()) last.catch(() => undefined);
  }
}
