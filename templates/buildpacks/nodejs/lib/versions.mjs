// Ranges of versions as package.json writes them (node-semver's grammar: ^ ~ x-ranges, hyphens, comparators, ||).

const SPACES = /\s+/;

/** [major, minor, patch], or undefined for anything else: versions before a release are never chosen. */
function parse(version) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:\+.*)?$/.exec(version);
  return match ? match.slice(1).map(Number) : undefined;
}

function compare(one, other) {
  for (let at = 0; at < 3; at++) if (one[at] !== other[at]) return one[at] - other[at];
  return 0;
}

/** `1.2` → {floor: [1,2,0], ceiling: [1,3,0]}; `*` has no ceiling. */
function span(text) {
  const parts = text
    .replace(/^[v=\s]+/, '')
    .split('-')[0]
    .split('.');
  const numbers = [];
  for (const part of parts.slice(0, 3)) {
    if (!/^\d+$/.test(part)) break;
    numbers.push(Number(part));
  }
  const floor = [...numbers, 0, 0, 0].slice(0, 3);
  if (numbers.length === 0) return { floor: [0, 0, 0], ceiling: undefined, count: 0 };
  return { floor, ceiling: raised(floor, numbers.length - 1), count: numbers.length };
}

/** The version after all that share the first `at + 1` numbers. */
function raised(version, at) {
  return version.map((number, index) => (index < at ? number : index === at ? number + 1 : 0));
}

/** A test of one comparator: `^1.2`, `>=18`, `20.x`. */
function comparator(text) {
  const [, sign, version] = /^(\^|~>?|>=|<=|>|<|=)?\s*(.*)$/.exec(text);
  const { floor, ceiling, count } = span(version);
  const below = (limit) => (one) => limit === undefined || compare(one, limit) < 0;
  const from = (one) => compare(one, floor) >= 0;
  switch (sign) {
    case '>=':
      return from;
    case '>':
      return ceiling === undefined
        ? () => false
        : (one) => compare(one, count === 3 ? raised(floor, 2) : ceiling) >= 0;
    case '<':
      return below(floor);
    case '<=':
      return below(ceiling);
    case '^': {
      const first = floor.findIndex((number) => number > 0);
      const at = first === -1 ? Math.max(count - 1, 0) : Math.min(first, Math.max(count - 1, 0));
      return (one) => from(one) && below(count === 0 ? undefined : raised(floor, at))(one);
    }
    case '~':
    case '~>':
      return (one) =>
        from(one) && below(count === 0 ? undefined : raised(floor, Math.min(count - 1, 1)))(one);
    default:
      return (one) => from(one) && below(ceiling)(one);
  }
}

export function satisfies(version, range) {
  const parsed = parse(version);
  if (parsed === undefined) return false;
  return range.split('||').some((part) => {
    const hyphen = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(part);
    const words = hyphen
      ? [`>=${hyphen[1]}`, `<=${hyphen[2]}`]
      : part
          .trim()
          .replace(/([<>=^~])\s+/g, '$1')
          .split(SPACES);
    return words.every((word) => comparator(word)(parsed));
  });
}

export function newest(versions, range) {
  const fitting = versions.filter((version) => satisfies(version, range));
  return fitting.sort((one, other) => compare(parse(one), parse(other))).at(-1);
}
