// What `deis` accepts on the command line, checked before anything is sent; pure. A refused word is data: `{ problem }`.

export type Parsed<T> = T | { problem: string };

const pair = (word: string): [string, string] | undefined => {
  const split = word.indexOf('=');
  return split < 1 ? undefined : [word.slice(0, split), word.slice(split + 1)];
};

/** `web=3 worker=0` */
export function parseScales(words: readonly string[]): Parsed<{ scales: Record<string, number> }> {
  const scales: Record<string, number> = {};
  for (const word of words) {
    const match = /^([a-z][\w-]*)=([0-9]{1,6})$/i.exec(word);
    if (!match) return { problem: `"${word}" is not <type>=<number>, such as web=3` };
    scales[match[1]!] = Number(match[2]);
  }
  return { scales };
}

/** `KEY=value`; the value may hold anything, also newlines and `=`. */
export function parseConfig(words: readonly string[]): Parsed<{ values: Record<string, string> }> {
  const values: Record<string, string> = {};
  for (const word of words) {
    const [name = '', value = ''] = pair(word) ?? [];
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      return { problem: `"${word.split('\n')[0]}" is not KEY=value, such as POWERED_BY=Deis` };
    }
    if (value === '')
      return { problem: `${name} has no value; to remove it: config:unset ${name}` };
    values[name] = value;
  }
  return { values };
}

/** `web=512M worker=1G`, or cpu shares `web=512`. Kept as text: the controller coerces. */
export function parseLimits(words: readonly string[]): Parsed<{ limits: Record<string, string> }> {
  const limits: Record<string, string> = {};
  for (const word of words) {
    const match = /^([a-z][\w-]*)=([0-9]+(?:[bkmg]|[kmg]b)?)$/i.exec(word);
    if (!match) return { problem: `"${word}" is not <type>=<limit>, such as web=512M` };
    limits[match[1]!] = match[2]!;
  }
  return { limits };
}

/** `rack=1 ssd=true` */
export function parseTags(words: readonly string[]): Parsed<{ tags: Record<string, string> }> {
  const tags: Record<string, string> = {};
  for (const word of words) {
    const [name = '', value = ''] = pair(word) ?? [];
    if (name === '' || value === '')
      return { problem: `"${word}" is not key=value, such as rack=1` };
    tags[name] = value;
  }
  return { tags };
}

/** `v3` or `3`. */
export function parseVersion(word: string): Parsed<{ version: number }> {
  const match = /^v?([1-9][0-9]{0,8})$/.exec(word);
  return match
    ? { version: Number(match[1]) }
    : { problem: `"${word}" is not a release, such as v3` };
}

/** `web`, `web.1`, or nothing for all: the path of the API below containers/. */
export function parseProcess(word: string | undefined): Parsed<{ path: string }> {
  if (word === undefined) return { path: '' };
  const match = /^([a-z][\w-]*)(?:\.([1-9][0-9]*))?$/i.exec(word);
  if (!match) return { problem: `"${word}" is not <type> or <type>.<number>, such as web.1` };
  return { path: match[2] === undefined ? `${match[1]}/` : `${match[1]}/${match[2]}/` };
}

/** A Procfile's text, `web: npm start` per line. */
export function parseProcfile(text: string): Parsed<{ procfile: Record<string, string> }> {
  const procfile: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#')) continue;
    const match = /^(['"]?)([A-Za-z0-9_-]+)\1\s*:\s*(.+)$/.exec(bare);
    if (!match) return { problem: `"${bare}" is not <type>: <command>` };
    procfile[match[2]!] = unquoted(match[3]!);
  }
  return { procfile };
}

/** A YAML scalar that is quoted as a whole. */
function unquoted(text: string): string {
  const match = /^(['"])(.*)\1$/.exec(text);
  return match ? match[2]! : text;
}
