// Procfiles, read strictly: a mistake names its line, and nothing is guessed. Pure.

import { PROCESS_TYPE } from './ids.ts';

export type ParsedProcfile = { procfile: Record<string, string> } | { problem: string };

/** Bytes of a whole Procfile. */
const LARGEST = 2 ** 20;
/** Bytes of one command: one argument of `sh -c` (as rules/build.ts of the controller has it). */
const LONGEST_COMMAND = 32 * 1024;
const MOST_TYPES = 64;

/**
 * `type: command` lines; empty lines and lines that begin with # are skipped; a byte order mark and CRLF are fine. The problem is
 * a sentence that begins with file and line.
 */
export function parseProcfile(text: string): ParsedProcfile {
  const size = new TextEncoder().encode(text).length;
  if (size > LARGEST) return { problem: 'Procfile is larger than 1 MB.' };
  const procfile: Record<string, string> = {};
  const lines = new Map<string, number>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const at = index + 1;
    const line = raw.replace(/\r$/, '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const parsed = parseLine(line);
    if ('problem' in parsed) return { problem: `Procfile, line ${at}: ${parsed.problem}` };
    const { type, command } = parsed;
    const first = lines.get(type);
    if (first !== undefined) {
      return { problem: `Procfile, line ${at}: ${type} is already on line ${first}.` };
    }
    lines.set(type, at);
    procfile[type] = command;
    if (lines.size > MOST_TYPES) {
      return { problem: `Procfile, line ${at}: more than ${MOST_TYPES} process types.` };
    }
  }
  return { procfile };
}

function parseLine(line: string): { type: string; command: string } | { problem: string } {
  const colon = line.indexOf(':');
  if (colon < 0) return { problem: `"${brief(line)}" is not "type: command".` };
  const type = line.slice(0, colon).trim();
  const command = line.slice(colon + 1).trim();
  if (!PROCESS_TYPE.test(type)) {
    return {
      problem: `"${brief(type)}" is not a process type: use a letter first, then letters, digits, - and _, at most 63.`,
    };
  }
  if (command === '') return { problem: `${type} has no command.` };
  if (hasControlCharacter(command)) return { problem: `the command of ${type} is not text.` };
  if (new TextEncoder().encode(command).length > LONGEST_COMMAND) {
    return { problem: `the command of ${type} is longer than 32 KB.` };
  }
  return { type, command };
}

/** A tab is fine. */
const hasControlCharacter = (text: string): boolean =>
  Array.from(text, (character) => character.codePointAt(0)!).some(
    (code) => (code < 32 && code !== 9) || code === 127,
  );

const brief = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
