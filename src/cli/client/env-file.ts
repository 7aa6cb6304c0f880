// The `.env` file of config:pull and config:push: `KEY=value` per line; values with line breaks are quoted; pure.

/** Values that a plain line cannot carry back unchanged are put in double quotes with `\n`, `\"` and `\\`. */
export function envFileText(values: Readonly<Record<string, string>>): string {
  return Object.keys(values)
    .toSorted()
    .map((name) => `${name}=${quotedIfNeeded(values[name]!)}\n`)
    .join('');
}

function quotedIfNeeded(value: string): string {
  const plain = !/[\r\n]/.test(value) && value.trim() === value && !/^["']/.test(value);
  if (plain) return value;
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}

/** Assignments of a .env file as `KEY=value` words; comments, blank lines and a leading `export` are left out. */
export function envFileWords(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const bare = line.trim().replace(/^export\s+/, '');
    if (bare === '' || bare.startsWith('#')) return [];
    const split = bare.indexOf('=');
    if (split === -1) return [bare];
    return [`${bare.slice(0, split)}=${unquoted(bare.slice(split + 1))}`];
  });
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', '"': '"', '\\': '\\' };

function unquoted(value: string): string {
  const double = /^"((?:[^"\\]|\\.)*)"$/.exec(value);
  if (double)
    return double[1]!.replace(/\\(.)/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
  const single = /^'([^']*)'$/.exec(value);
  return single ? single[1]! : value;
}
