// Patterns on unit names with the meaning of Go's path.Match, as fleet's Conflicts= and Replaces= use them.

const literal = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;

/** One character of a class such as `[a-z]`, at `at`; undefined when the class is malformed there. */
function classCharacter(
  pattern: string[],
  at: number,
): { character: string; next: number } | undefined {
  const escaped = pattern[at] === '\\';
  const index = escaped ? at + 1 : at;
  const character = pattern[index];
  if (character === undefined) return undefined;
  if (!escaped && (character === '-' || character === ']')) return undefined;
  return { character, next: index + 1 };
}

/** The class that begins behind `[` at `at`, as regular expression source; undefined when malformed. */
function classSource(pattern: string[], at: number): { source: string; next: number } | undefined {
  const negated = pattern[at] === '^';
  let next = negated ? at + 1 : at;
  const ranges: string[] = [];
  while (ranges.length === 0 || pattern[next] !== ']') {
    const low = classCharacter(pattern, next);
    if (!low) return undefined;
    next = low.next;
    let high = low.character;
    if (pattern[next] === '-') {
      const top = classCharacter(pattern, next + 1);
      if (!top) return undefined;
      next = top.next;
      high = top.character;
    }
    const empty = high.codePointAt(0)! < low.character.codePointAt(0)!;
    ranges.push(empty ? '' : `${literal(low.character)}-${literal(high)}`);
  }
  const inside = ranges.join('');
  if (inside === '') return { source: negated ? '.' : '[]', next: next + 1 };
  return { source: `[${negated ? '^' : ''}${inside}]`, next: next + 1 };
}

function compile(glob: string): RegExp | undefined {
  const pattern = Array.from(glob);
  let source = '';
  for (let at = 0; at < pattern.length;) {
    const character = pattern[at]!;
    at += 1;
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const parsed = classSource(pattern, at);
      if (!parsed) return undefined;
      source += parsed.source;
      at = parsed.next;
    } else if (character === '\\') {
      const escaped = pattern[at];
      if (escaped === undefined) return undefined;
      source += literal(escaped);
      at += 1;
    } else source += literal(character);
  }
  return new RegExp(`^${source}$`, 'su');
}

/** Compiled patterns; a cache of a pure function. */
const compiled = new Map<string, RegExp | undefined>();
const CACHE_MAX = 10_000;

/** Does `name` match? `*` and `?` do not match a slash; a malformed pattern matches nothing. */
export function globMatches(glob: string, name: string): boolean {
  if (!compiled.has(glob)) {
    if (compiled.size >= CACHE_MAX) compiled.clear();
    compiled.set(glob, compile(glob));
  }
  return compiled.get(glob)?.test(name) ?? false;
}
