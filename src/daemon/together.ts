// Several loops that only make sense together: when one fails, all end, and nothing of them goes on behind the caller's back.

/**
 * Runs all of them until the signal aborts. If one rejects, the signal that they were given aborts, and once the last one has
 * ended this rejects with the first error.
 */
export async function together(
  parts: readonly ((signal: AbortSignal) => Promise<unknown>)[],
  signal: AbortSignal,
): Promise<void> {
  const broken = new AbortController();
  const given = AbortSignal.any([signal, broken.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    parts.map(async (part) => {
      try {
        await part(given);
      } catch (error) {
        failures.push(error);
        broken.abort(error);
      }
    }),
  );
  if (failures.length > 0 && !signal.aborted) throw failures[0];
}
