// What a build may say: image name, process table, commit (reference §1.13).

import { PROCESS_TYPE } from '../../model/ids.ts';

/** Longest Procfile line: one argument of `sh -c`. */
const LONGEST_LINE_BYTES = 32 * 1024;
const MOST_TYPES = 64;
/** Docker's grammar of references, loosely; no white space, quotes or control characters can pass. */
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,255}$/;

export function imageProblem(image: string): string | undefined {
  if (image.length > 256) return 'Ensure this field has no more than 256 characters.';
  return IMAGE.test(image) ? undefined : `"${image.slice(0, 80)}" is not the name of an image.`;
}

export function shaProblem(sha: string): string | undefined {
  return /^[0-9A-Za-z]{0,40}$/.test(sha)
    ? undefined
    : 'Ensure this is a commit id of at most 40 characters.';
}

/** The process table as texts, or what is wrong with it. */
export function parseProcfile(
  map: Record<string, unknown>,
): { procfile: Record<string, string> } | { problem: string } {
  const entries = Object.entries(map);
  if (entries.length > MOST_TYPES)
    return { problem: `A Procfile may have at most ${MOST_TYPES} process types.` };
  const procfile: Record<string, string> = {};
  for (const [type, line] of entries) {
    if (!PROCESS_TYPE.test(type)) {
      return {
        problem: `"${type.slice(0, 80)}" is not a process type: use [A-Za-z0-9_-], beginning with a letter.`,
      };
    }
    if (typeof line !== 'string' || line.trim() === '')
      return { problem: `Process type ${type} has no command.` };
    if (line.includes('\0') || !line.isWellFormed())
      return { problem: `The command of ${type} is not text.` };
    if (Buffer.byteLength(line) > LONGEST_LINE_BYTES)
      return { problem: `The command of ${type} is longer than 32 KB.` };
    procfile[type] = line;
  }
  return { procfile };
}
