// What we must know of a Dockerfile before the Engine reads it: which images it names and which arguments it takes. Pure.

export interface Instruction {
  /** Upper case: `FROM`. ONBUILD gives the instruction it carries. */
  name: string;
  rest: string;
  /** Of its first line, from 1. */
  line: number;
}

/** Instructions with continued lines joined, without comments (Dockerfile reference; here-documents are BuildKit's). */
export function instructionsOf(text: string): Instruction[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const directive = /^\s*#\s*escape\s*=\s*`/i.test(lines[0] ?? '');
  const continued = directive ? /`[ \t]*$/ : /\\[ \t]*$/;
  const found: Instruction[] = [];
  let parts: string[] = [];
  let first = 0;
  lines.forEach((line, index) => {
    if (/^\s*#/.test(line) || (line.trim() === '' && parts.length > 0)) return;
    if (parts.length === 0) first = index + 1;
    parts.push(line.replace(continued, ''));
    if (continued.test(line)) return;
    found.push(...instruction(parts.join(' ').trim(), first));
    parts = [];
  });
  return [...found, ...instruction(parts.join(' ').trim(), first)];
}

function instruction(text: string, line: number): Instruction[] {
  const match = /^(?:ONBUILD\s+)?([a-z]+)(?:\s+(.*))?$/is.exec(text);
  return match ? [{ name: match[1]!.toUpperCase(), rest: match[2] ?? '', line }] : [];
}

/** Names of all ARG lines. */
export function declaredArguments(instructions: readonly Instruction[]): Set<string> {
  const names = instructions
    .filter(({ name }) => name === 'ARG')
    .flatMap(({ rest }) => [...rest.matchAll(/(?:^|\s)([A-Za-z_]\w*)(?==|\s|$)/g)])
    .map((match) => match[1]!);
  return new Set(names);
}

/** Images from outside that the build takes: of FROM and of COPY --from, with ARGs before the first FROM filled in. */
export function namedImages(
  instructions: readonly Instruction[],
  values: Readonly<Record<string, string>>,
): { image: string; line: number }[] {
  const scope: Record<string, string> = {};
  const stages = new Set<string>();
  const found: { image: string; line: number }[] = [];
  let count = 0;
  for (const { name, rest, line } of instructions) {
    if (name === 'ARG' && count === 0) Object.assign(scope, defaults(rest), chosen(rest, values));
    if (name === 'FROM') {
      const [image = '', , stage] = rest.replace(/^(--\S+\s+)*/, '').split(/\s+/);
      const exact = expanded(image, scope);
      if (!stages.has(exact.toLowerCase())) found.push({ image: exact, line });
      if (stage !== undefined) stages.add(stage.toLowerCase());
      count += 1;
    }
    const from = name === 'COPY' ? /(?:^|\s)--from=(\S+)/.exec(rest)?.[1] : undefined;
    if (from !== undefined && !stages.has(from.toLowerCase()) && !/^\d+$/.test(from)) {
      found.push({ image: expanded(from, scope), line });
    }
  }
  return found;
}

function defaults(rest: string): Record<string, string> {
  const match = /^([A-Za-z_]\w*)=("([^"]*)"|'([^']*)'|\S*)/.exec(rest);
  return match ? { [match[1]!]: match[3] ?? match[4] ?? match[2]! } : {};
}

function chosen(rest: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const name = /^[A-Za-z_]\w*/.exec(rest)?.[0];
  return name !== undefined && Object.hasOwn(values, name) ? { [name]: values[name]! } : {};
}

/** `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME:+word}`, outer quotes. */
function expanded(text: string, scope: Readonly<Record<string, string>>): string {
  return text
    .replace(/^(["'])(.*)\1$/, '$2')
    .replace(
      /\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/g,
      (_, bare?: string, braced?: string, kind?: string, word = '') => {
        const value = scope[(bare ?? braced)!] ?? '';
        if (kind === '-') return value === '' ? word : value;
        if (kind === '+') return value === '' ? '' : word;
        return value;
      },
    );
}
