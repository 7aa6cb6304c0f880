// Colours in `deis logs`: every process keeps its own; pure.

const COLOURS = [36, 33, 32, 35, 34, 31];

/** The line with its prefix `<time> <app>[<process>]:` in the colour of that process. */
export function colouredLine(line: string, colours: boolean): string {
  if (!colours) return line;
  const end = line.indexOf(': ');
  const name = end === -1 ? undefined : line.slice(0, end).split(' ')[1];
  if (name === undefined) return line;
  let sum = 0;
  for (const character of name) sum += character.codePointAt(0) ?? 0;
  const colour = COLOURS[sum % COLOURS.length];
  return `\u001b[${colour}m${line.slice(0, end + 1)}\u001b[0m${line.slice(end + 1)}`;
}
