// Reads one JSON value off the start of a text as Go's json.Decoder does, and says in its words what is wrong: people grep for them.
// What follows the value is not looked at.

import { quoteCharacter, quoteText } from './go-text.ts';

export type ReadJson = { value: unknown } | { problem: string };

interface Cursor {
  text: string;
  at: number;
}

/** What is wrong at the cursor. */
type Problem = string | undefined;

const DIGIT = /[0-9]/;

function peek(cursor: Cursor): string {
  return cursor.text.charAt(cursor.at);
}

function skipSpace(cursor: Cursor): void {
  while (cursor.at < cursor.text.length && ' \t\r\n'.includes(peek(cursor))) cursor.at += 1;
}

function unexpected(cursor: Cursor, context: string): string {
  const character = peek(cursor);
  if (character === '') return 'unexpected EOF';
  const quoted =
    character === "'" ? `'\\''` : character === '"' ? `'"'` : quoteCharacter(character);
  return `invalid character ${quoted} ${context}`;
}

function skipWord(cursor: Cursor, word: string): Problem {
  for (const [index, character] of Array.from(word).entries()) {
    if (index > 0 && peek(cursor) !== character) {
      return unexpected(cursor, `in literal ${word} (expecting '${character}')`);
    }
    cursor.at += 1;
  }
  return undefined;
}

function skipText(cursor: Cursor): Problem {
  cursor.at += 1;
  for (;;) {
    const character = peek(cursor);
    if (character === '' || character < ' ') return unexpected(cursor, 'in string literal');
    cursor.at += 1;
    if (character === '"') return undefined;
    if (character !== '\\') continue;
    const escape = peek(cursor);
    if (escape === '' || !'bfnrt\\/"u'.includes(escape)) {
      return unexpected(cursor, 'in string escape code');
    }
    cursor.at += 1;
    for (let digit = 0; escape === 'u' && digit < 4; digit += 1) {
      if (!/[0-9a-fA-F]/.test(peek(cursor))) {
        return unexpected(cursor, 'in \\u hexadecimal character escape');
      }
      cursor.at += 1;
    }
  }
}

function skipDigits(cursor: Cursor, context: string): Problem {
  if (!DIGIT.test(peek(cursor))) return unexpected(cursor, context);
  while (DIGIT.test(peek(cursor))) cursor.at += 1;
  return undefined;
}

function skipNumber(cursor: Cursor): Problem {
  if (peek(cursor) === '-') cursor.at += 1;
  if (peek(cursor) === '0') cursor.at += 1;
  else {
    const problem = skipDigits(cursor, 'in numeric literal');
    if (problem) return problem;
  }
  if (peek(cursor) === '.') {
    cursor.at += 1;
    const problem = skipDigits(cursor, 'after decimal point in numeric literal');
    if (problem) return problem;
  }
  if (!/[eE]/.test(peek(cursor))) return undefined;
  cursor.at += 1;
  if (/[+-]/.test(peek(cursor))) cursor.at += 1;
  return skipDigits(cursor, 'in exponent of numeric literal');
}

const WORDS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };

/** A text, number or word. */
function skipScalar(cursor: Cursor): Problem {
  const character = peek(cursor);
  const word = WORDS[character];
  if (word !== undefined) return skipWord(cursor, word);
  if (character === '"') return skipText(cursor);
  if (/[-0-9]/.test(character)) return skipNumber(cursor);
  return unexpected(cursor, 'looking for beginning of value');
}

/** `"name":` */
function skipName(cursor: Cursor): Problem {
  skipSpace(cursor);
  if (peek(cursor) !== '"') return unexpected(cursor, 'looking for beginning of object key string');
  const problem = skipText(cursor);
  if (problem) return problem;
  skipSpace(cursor);
  if (peek(cursor) !== ':') return unexpected(cursor, 'after object key');
  cursor.at += 1;
  return undefined;
}

/** Moves behind one whole value. Not recursive: a body of a million brackets is only long. */
function skipValue(cursor: Cursor): Problem {
  const open: ('{' | '[')[] = [];
  for (;;) {
    skipSpace(cursor);
    const start = peek(cursor);
    if (start === '{' || start === '[') {
      cursor.at += 1;
      skipSpace(cursor);
      if (peek(cursor) !== (start === '{' ? '}' : ']')) {
        open.push(start);
        const problem = start === '{' ? skipName(cursor) : undefined;
        if (problem) return problem;
        continue;
      }
      cursor.at += 1;
    } else {
      const problem = skipScalar(cursor);
      if (problem) return problem;
    }
    const { more, problem } = closeValues(cursor, open);
    if (!more) return problem;
  }
}

/** Behind a value: `more` when another one must follow. */
function closeValues(cursor: Cursor, open: ('{' | '[')[]): { more: boolean; problem?: Problem } {
  for (;;) {
    const inside = open.at(-1);
    if (inside === undefined) return { more: false };
    skipSpace(cursor);
    const character = peek(cursor);
    if (character === ',') {
      cursor.at += 1;
      const problem = inside === '{' ? skipName(cursor) : undefined;
      return { more: problem === undefined, problem };
    }
    if (character !== (inside === '{' ? '}' : ']')) {
      const where = inside === '{' ? 'after object key:value pair' : 'after array element';
      return { more: false, problem: unexpected(cursor, where) };
    }
    cursor.at += 1;
    open.pop();
  }
}

export function readJson(text: string): ReadJson {
  const cursor = { text, at: 0 };
  skipSpace(cursor);
  if (cursor.at === text.length) return { problem: 'EOF' };
  const start = cursor.at;
  const problem = skipValue(cursor);
  if (problem !== undefined) return { problem };
  const json = text.slice(start, cursor.at);
  try {
    return { value: JSON.parse(json) as unknown };
  } catch (error) {
    return { problem: `cannot be read: ${quoteText(String(error))}` };
  }
}

/** Go's name of a JSON value's kind. */
export function kindOfJson(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Fields of an object by Go's rule: names are compared without regard to case, the last one counts, null says nothing. */
export function fieldsOf(value: object, names: readonly string[]): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [key, field] of Object.entries(value)) {
    const name = names.find((known) => known.toLowerCase() === key.toLowerCase());
    if (name !== undefined && field !== null) fields.set(name, field as unknown);
  }
  return fields;
}
