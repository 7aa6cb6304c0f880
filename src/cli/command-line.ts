// `local up`, `local:up` and the shortcuts of Deis v1 are the same command: spells what was typed as an id of the table.

/** The words with the longest known command id at their front joined by colons; `help X` becomes `X --help`. */
export function commandLine(argv: readonly string[], ids: readonly string[]): string[] {
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
