// Unit files as a list of options, read and written exactly as fleet does (go-systemd's lexer), so that hashes agree.

import type { UnitOption } from './unit.ts';

export type ParsedUnitFile = { options: UnitOption[] } | { problem: string; line: number };

/** A physical line of this many bytes or more is refused: old systemd would have cut it silently. */
const LINE_MAX_BYTES = 2048;

const isSpace = (character: string): boolean => /\s/u.test(character);
const isComment = (character: string): boolean => character === '#' || character === ';';
const utf8 = new TextEncoder();

/** Where the reader stands in the text. */
interface Cursor {
  text: string;
  at: number;
}

/** The rest of the line, without its newline; the cursor moves behind it. */
function takeLine(cursor: Cursor): { line: string; last: boolean } {
  const end = cursor.text.indexOf('\n', cursor.at);
  const last = end === -1;
  const line = cursor.text.slice(cursor.at, last ? undefined : end);
  cursor.at = last ? cursor.text.length : end + 1;
  return { line: last && line.endsWith('\r') ? line.slice(0, -1) : line, last };
}

/** A comment goes on over lines that end in a backslash. */
function skipComment(cursor: Cursor): void {
  for (;;) {
    const { line, last } = takeLine(cursor);
    const end = line.endsWith(' ') ? line.slice(0, -1) : line;
    if (last || !end.endsWith('\\')) return;
  }
}

/** A value: its line, and those after it while each ends in a backslash, which is kept with its newline. */
function takeValue(cursor: Cursor): string {
  let value = '';
  for (;;) {
    const { line, last } = takeLine(cursor);
    if (line.trim() === '') break;
    value += line;
    if (!line.endsWith('\\')) break;
    if (!last) value += '\n';
  }
  return value.endsWith('\n') ? `${value.trim()}\n` : value.trim();
}

/** The section's name, or what is wrong with its header. The cursor is behind `[`. */
function takeSection(cursor: Cursor): { name: string } | { problem: string } {
  const end = cursor.text.indexOf(']', cursor.at);
  if (end === -1) return { problem: 'unable to find end of section' };
  const name = cursor.text.slice(cursor.at, end);
  cursor.at = end + 1;
  const garbage = takeLine(cursor).line.trim();
  if (garbage !== '') return { problem: `found garbage after section name ${name}: "${garbage}"` };
  return { name };
}

/** The option's name up to `=`, or what is wrong. */
function takeName(cursor: Cursor): { name: string } | { problem: string } {
  const rest = cursor.text.slice(cursor.at, cursor.at + LINE_MAX_BYTES);
  const stop = rest.search(/[=\r\n]/);
  if (stop === -1) return { problem: 'unexpected end of file while parsing option name' };
  if (rest[stop] !== '=') {
    return { problem: 'unexpected newline encountered while parsing option name' };
  }
  cursor.at += stop + 1;
  return { name: rest.slice(0, stop).trim() };
}

function longLine(text: string): number | undefined {
  const index = text.split('\n').findIndex((line) => utf8.encode(line).length >= LINE_MAX_BYTES);
  return index === -1 ? undefined : index + 1;
}

/** Options in order, repetitions kept. Text before the first section is ignored. `line` counts from 1. */
export function parseUnitFile(text: string): ParsedUnitFile {
  const tooLong = longLine(text);
  if (tooLong !== undefined) {
    return { problem: `line too long (max ${LINE_MAX_BYTES} bytes)`, line: tooLong };
  }
  const options: UnitOption[] = [];
  const cursor: Cursor = { text, at: 0 };
  let section: string | undefined;
  while (cursor.at < text.length) {
    const start = cursor.at;
    const character = text[start]!;
    const problem = (words: string) => ({
      problem: words,
      line: text.slice(0, start).split('\n').length,
    });
    if (character === '[') {
      cursor.at += 1;
      const taken = takeSection(cursor);
      if ('problem' in taken) return problem(taken.problem);
      section = taken.name;
    } else if (isComment(character)) {
      skipComment(cursor);
    } else if (section === undefined || isSpace(character)) {
      cursor.at += 1;
    } else {
      const taken = takeName(cursor);
      if ('problem' in taken) return problem(taken.problem);
      options.push({ section, name: taken.name, value: takeValue(cursor) });
    }
  }
  return { options };
}

/** The form that fleet prints, hashes and writes: sections in order of first appearance, a blank line between them. */
export function serialiseUnitFile(options: readonly UnitOption[]): string {
  const sections = new Map<string, string>();
  for (const { section, name, value } of options) {
    sections.set(section, `${sections.get(section) ?? ''}${name}=${value}\n`);
  }
  return [...sections].map(([section, lines]) => `[${section}]\n${lines}`).join('\n');
}

/** All values of one option, in order. */
export function optionValues(
  options: readonly UnitOption[],
  section: string,
  name: string,
): string[] {
  return options
    .filter((option) => option.section === section && option.name === name)
    .map((option) => option.value);
}
