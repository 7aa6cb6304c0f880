// The difference of two texts, line by line, as people read it: `- old`, `+ new`, and a few lines around. Pure.

/** Lines that are the same and shown around each change. */
const CONTEXT = 2;

type Line = { mark: ' ' | '-' | '+'; text: string };

/** Empty when both say the same. Texts of some hundred lines: the work grows with the product of their lengths. */
export function textDiff(before: string, after: string): string[] {
  const lines = compare(before.split('\n'), after.split('\n'));
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  );
  return lines.flatMap(({ mark, text }, index) => {
    if (near[index]) return [`${mark} ${text}`.trimEnd()];
    return near[index - 1] && near.includes(true, index) ? ['  …'] : [];
  });
}

/** By the longest common subsequence. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  const common = table(before, after);
  const lines: Line[] = [];
  let [old, now] = [0, 0];
  while (old < before.length || now < after.length) {
    if (old < before.length && now < after.length && before[old] === after[now]) {
      lines.push({ mark: ' ', text: before[old]! });
      old += 1;
      now += 1;
    } else if (now >= after.length || (old < before.length && isOld(common, old, now))) {
      lines.push({ mark: '-', text: before[old]! });
      old += 1;
    } else {
      lines.push({ mark: '+', text: after[now]! });
      now += 1;
    }
  }
  return lines;
}

const isOld = (common: readonly number[][], old: number, now: number): boolean =>
  common[old + 1]![now]! >= common[old]![now + 1]!;

/** `[i][j]`: how many lines the rest of one from i and the rest of the other from j have in common, in order. */
function table(before: readonly string[], after: readonly string[]): number[][] {
  const common = Array.from({ length: before.length + 1 }, () =>
    Array.from({ length: after.length + 1 }, () => 0),
  );
  for (let old = before.length - 1; old >= 0; old -= 1) {
    for (let now = after.length - 1; now >= 0; now -= 1) {
      common[old]![now] =
        before[old] === after[now]
          ? common[old + 1]![now + 1]! + 1
          : Math.max(common[old + 1]![now]!, common[old]![now + 1]!);
    }
  }
  return common;
}
