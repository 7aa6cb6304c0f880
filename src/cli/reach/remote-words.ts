// What is typed after the target of `deisctl ssh` and `deisctl dock`, and the command line that a machine gets for it; pure.

import { WITH_VALUE } from '../global-flags.ts';

const REMOTE = new Set(['ssh', 'dock']);

/**
 * Puts `--` behind the target, so that the options of the command are left alone. A bare --strict-host-key-checking means true, as in
 * Deis v1. `words` begin with the id of a command.
 */
export function arrange(words: readonly string[]): string[] {
  const [id, ...rest] = words;
  if (id === undefined) return [];
  if (!REMOTE.has(id)) return [id, ...rest.map(bareStrict)];
  let at = 0;
  while (at < rest.length && rest[at]!.startsWith('-') && rest[at] !== '--') {
    const takesNext = WITH_VALUE.includes(rest[at]!) && rest[at] !== '--strict-host-key-checking';
    at += takesNext ? 2 : 1;
  }
  const own = rest.slice(0, at).map(bareStrict);
  const [target, ...command] = rest.slice(at);
  if (target === undefined || target === '--') return [id, ...own, ...rest.slice(at)];
  const verbatim = command[0] === '--' ? command.slice(1) : command;
  return verbatim.length === 0 ? [id, ...own, target] : [id, ...own, target, '--', ...verbatim];
}

function bareStrict(word: string): string {
  return word === '--strict-host-key-checking' ? `${word}=true` : word;
}

/** As ssh(1) does: the machine's shell gets the words with blanks between them. */
export function shellLine(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(' ');
}

/**
 * `docker exec` as a user who may: root, or through sudo. One word with blanks is a line for the container's shell; several words reach the
 * container as they are.
 */
export function dockLine(container: string, words: readonly string[], terminal: boolean): string {
  const [first = 'sh', ...rest] = words;
  const command = rest.length === 0 && /\s/.test(first) ? ['sh', '-c', first] : [first, ...rest];
  const exec = ['docker', 'exec', terminal ? '-it' : '-i', container, ...command]
    .map(quoted)
    .join(' ');
  return `if [ "$(id -u)" = 0 ]; then exec ${exec}; else exec sudo -n ${exec}; fi`;
}

/** A word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `deis-router@1.service` → `deis-router.1`, `hello_v2.web.1.service` → `hello_v2.web.1`. */
export function containerOf(unit: string): string {
  return unit.replace(/\.service$/, '').replaceAll('@', '.');
}
