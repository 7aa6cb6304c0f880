// A stream of lines, each complete; chunks may end anywhere, also inside a character.

/** Yields lines without their newline, and a last one that has none. Empty lines are left out. */
export async function* linesOf(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of stream) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      const line = parts.join('') + text.slice(from, at);
      parts = [];
      from = at + 1;
      if (line !== '') yield line;
    }
    if (from < text.length) parts.push(text.slice(from));
  }
  const last = parts.join('') + decoder.decode();
  if (last !== '') yield last;
}
