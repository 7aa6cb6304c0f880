// `deis plan scale web=3` is `deis scale web=3 --dry-run`; pure.

/** `words` begin with the id of a command. */
export function plannedCommand(words: readonly string[]): string[] {
  const [id, planned, ...rest] = words;
  if (id !== 'plan' || planned === undefined || planned.startsWith('-')) return [...words];
  return [planned, ...rest, '--dry-run'];
}
