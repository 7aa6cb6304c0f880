// .dockerignore (Docker's reference of `docker build`): the Engine's API takes a context as it comes, so leaving files out is ours.

interface Pattern {
  keeps: boolean;
  matches: RegExp;
}

export interface Ignore {
  ignored(path: string): boolean;
  /** Whether something below an ignored directory may be wanted after all. */
  enter(path: string): boolean;
}

/** Always sent: the build needs the one, and the other is harmless. */
const ALWAYS = new Set(['Dockerfile', '.dockerignore']);

/** The last pattern that matches a path, or a directory above it, decides. */
export function ignoring(text: string): Ignore {
  const patterns = text.split(/\r?\n/).flatMap(patternOf);
  const hasExceptions = patterns.some(({ keeps }) => keeps);
  return {
    ignored: (path) => {
      if (ALWAYS.has(path)) return false;
      const above = parentsOf(path);
      const last = patterns.findLast(({ matches }) => above.some((one) => matches.test(one)));
      return last !== undefined && !last.keeps;
    },
    enter: () => hasExceptions,
  };
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function patternOf(line: string): Pattern[] {
  if (line.startsWith('#')) return [];
  const text = line.trim();
  const keeps = text.startsWith('!');
  const clean = (keeps ? text.slice(1).trim() : text)
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  if (clean === '') return [];
  return [{ keeps, matches: new RegExp(`^${expression(clean)}$`, 's') }];
}

/** Go's filepath.Match, and `**` for any number of directories. */
function expression(pattern: string): string {
  let result = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (pattern.startsWith('**/', at)) {
      result += '(?:.*/)?';
      at += 2;
    } else if (pattern.startsWith('**', at)) {
      result += '.*';
      at += 1;
    } else if (character === '*') result += '[^/]*';
    else if (character === '?') result += '[^/]';
    else if (character === '[') {
      const set = /^\[(\^?)((?:\\.|[^\]\\])+)\]/.exec(pattern.slice(at));
      if (set) {
        result += `[${set[1]}${set[2]!.replaceAll('[', '\\[')}]`;
        at += set[0].length - 1;
      } else result += '\\[';
    } else if (character === '\\' && at + 1 < pattern.length) {
      result += escaped(pattern[++at]!);
    } else result += escaped(character);
  }
  return result;
}

const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
