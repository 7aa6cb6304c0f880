// Memory and cpu limits as users write them (reference §1.11) and as an Engine takes them.

const MEMORY = /^([0-9]+)(MB|KB|GB|[BKMG])$/i;
const FACTOR = { B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;
/** Docker refuses fewer. */
const LEAST_SHARES = 2;

/** `512M` → bytes; undefined when it is not a limit. */
export function memoryBytes(text: string): number | undefined {
  const match = MEMORY.exec(text);
  if (!match) return undefined;
  const unit = match[2]![0]!.toUpperCase() as keyof typeof FACTOR;
  const bytes = Number(match[1]) * FACTOR[unit];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Shares 0..1024 as the Engine wants them; 0 means no limit. */
export function engineShares(shares: number): number | undefined {
  return shares === 0 ? undefined : Math.max(LEAST_SHARES, shares);
}
