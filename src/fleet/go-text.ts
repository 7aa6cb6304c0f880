// How Go spells texts and JSON: what fleet's clients read and what its messages quote.

const SHORT: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

function escaped(character: string, quote: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  if (character === quote) return `\\${quote}`;
  const code = character.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  if (/[\p{C}\p{Z}]/u.test(character) && character !== ' ') {
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  }
  return character;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** `%q` of a text: `"a\nb"`. */
export function quoteText(text: string): string {
  return `"${Array.from(text, (character) => escaped(character, '"')).join('')}"`;
}

/** `%q` of one character: `' '`. */
export function quoteCharacter(character: string): string {
  return `'${escaped(character, "'")}'`;
}

/** As encoding/json writes it: like JSON.stringify, but safe inside HTML. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${hex(character.charCodeAt(0), 4)}`,
  );
}
