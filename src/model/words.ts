// Splitting a line of a unit file into words, by the rules a person expects: spaces separate, quotes keep together.

/** `a 'b c' "d\"e"` → [a, b c, d"e]. In double quotes and outside a backslash takes the next character as it is. */
export function splitWords(line: string): { words: string[] } | { problem: string } {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at]!;
    if (quote !== '' && character === quote) {
      quote = '';
    } else if (character === '\\' && quote !== "'") {
      at += 1;
      if (at === line.length) return { problem: 'ends with a backslash' };
      word = (word ?? '') + line[at]!;
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== '') return { problem: `has an open ${quote}` };
  if (word !== undefined) words.push(word);
  return { words };
}
