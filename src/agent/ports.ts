// Host ports of app containers: 20000–29999 in turn, kept for a unit's life on the machine, reused only after ten minutes,
// so that a route which some router has not forgotten yet can never lead to another app.

export const FIRST_PORT = 20_000;
export const LAST_PORT = 29_999;
/** How long a freed port rests, ms. */
export const PORT_REST_MS = 10 * 60_000;

/** As kept in ports.json. `freed`: when a port was given back, ms since the epoch. */
export interface PortBook {
  next: number;
  held: Record<string, number>;
  freed: Record<string, number>;
}

export const EMPTY_PORT_BOOK: PortBook = { next: FIRST_PORT, held: {}, freed: {} };

/**
 * The book as it may be trusted at time `now` after a restart. A port freed in the "future" means the wall clock was set back:
 * its rest begins anew, since nobody can say how long it has really rested.
 */
export function reopenPortBook(book: PortBook, now: number): PortBook {
  const freed = Object.entries(book.freed).map(([port, at]) => [port, Math.min(at, now)]);
  return { ...book, freed: Object.fromEntries(freed) };
}

/**
 * A port for the unit: the one it has, else the next one that nobody holds, that has rested, and that is not in `inUse`
 * (ports which something else on this host listens on). Undefined when there is none left.
 */
export function takePort(
  book: PortBook,
  unit: string,
  inUse: ReadonlySet<number>,
  now: number,
): { port: number; book: PortBook } | undefined {
  const own = book.held[unit];
  if (own !== undefined) return { port: own, book };
  const held = new Set(Object.values(book.held));
  const freed = stillResting(book.freed, now);
  const count = LAST_PORT - FIRST_PORT + 1;
  for (let step = 0; step < count; step += 1) {
    const port = FIRST_PORT + ((book.next - FIRST_PORT + step) % count);
    if (held.has(port) || inUse.has(port) || freed[port] !== undefined) continue;
    const next = port === LAST_PORT ? FIRST_PORT : port + 1;
    return { port, book: { next, held: { ...book.held, [unit]: port }, freed } };
  }
  return undefined;
}

/** The unit has left this machine: its port begins to rest. */
export function givePortBack(book: PortBook, unit: string, now: number): PortBook {
  const port = book.held[unit];
  if (port === undefined) return book;
  const { [unit]: _, ...held } = book.held;
  return { ...book, held, freed: { ...stillResting(book.freed, now), [port]: now } };
}

function stillResting(freed: Record<string, number>, now: number): Record<string, number> {
  const resting = Object.entries(freed).filter(([, at]) => now - at < PORT_REST_MS);
  return Object.fromEntries(resting);
}
