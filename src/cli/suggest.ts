// What a person probably meant when they mistyped a name.

/** Number of single-letter changes (insert, delete, replace, swap neighbours) between two words. */
export function distance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[line - 1] === to[column - 1];
      const swapped = from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1];
      next[column] = Math.min(
        row[column]! + 1,
        next[column - 1]! + 1,
        row[column - 1]! + (same ? 0 : 1),
        swapped && line > 1 && column > 1 ? before[column - 2]! + 1 : Infinity,
      );
    }
    before = row;
    row = next;
  }
  return row[to.length]!;
}

/** The nearest of the known names, or undefined when none is near: at most a third of the letters differ. */
export function suggest(typed: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const name of known) {
    const changes = distance(typed, name);
    if (changes < least) [best, least] = [name, changes];
  }
  return best;
}
