// `deis run -a blog ls -la`: what comes after the first word that is no option belongs to the command; pure.

const WITH_VALUE = new Set(['-a', '--app', '--profile']);

/** Puts `--` before the command, so that its own options are left alone. `words` begin with the id of a command. */
export function protectCommand(words: readonly string[]): string[] {
  const [id, ...rest] = words;
  if (id !== 'run' && id !== 'apps:run') return [...words];
  let at = 0;
  while (at < rest.length && rest[at]!.startsWith('-') && rest[at] !== '--') {
    at += WITH_VALUE.has(rest[at]!) ? 2 : 1;
  }
  if (at >= rest.length || rest[at] === '--') return [...words];
  return [id, ...rest.slice(0, at), '--', ...rest.slice(at)];
}
