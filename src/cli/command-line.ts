// `local up`, `local:up` and the shortcuts of Deis v1 are the same command: spells what was typed as an id of the table.

/** Options that stand for themselves, without a command. */
const ALONE = new Set(['--help', '-h', '--version', '-v']);

/**
 * The words with the longest known command id at their front joined by colons; `help X` becomes `X --help`. Options in front of
 * the command come after it; those in `withValue` take the next word along.
 */
export function commandLine(
  argv: readonly string[],
  ids: readonly string[],
  withValue: readonly string[] = [],
): string[] {
  const count = leadingOptions(argv, withValue);
  if (count > 0 && count < argv.length) {
    const [id, ...rest] = commandLine(argv.slice(count), ids);
    return [id!, ...argv.slice(0, count), ...rest];
  }
  if (argv[0] === 'help') {
    const topic = argv.slice(1);
    return topic.length === 0 ? ['--help'] : [...commandLine(topic, ids), '--help'];
  }
  if (argv[0] === 'version') return ['--version'];
  const known = new Set(ids);
  const flag = argv.findIndex((word) => word.startsWith('-') || word.includes('='));
  const words = flag === -1 ? argv.length : flag;
  for (let count = words; count > 1; count -= 1) {
    const id = argv.slice(0, count).join(':');
    if (known.has(id) || ids.some((other) => other.startsWith(`${id}:`))) {
      return [id, ...argv.slice(count)];
    }
  }
  return [...argv];
}

/** How many words at the front are options and their values. */
function leadingOptions(argv: readonly string[], withValue: readonly string[]): number {
  let count = 0;
  for (;;) {
    const word = argv[count] ?? '';
    if (!/^--?[a-zA-Z]/.test(word) || ALONE.has(word)) return count;
    count += withValue.includes(word) ? 2 : 1;
  }
}
