// Asking the person, or reading the answer from a pipe.

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { DeisError } from '../../model/errors.ts';

export interface Asking {
  /** Do not show what is typed. */
  secret?: boolean;
}

let piped: AsyncIterator<string> | undefined;

/** One line, without its end. From a pipe, lines are taken one per question. Throws DeisError 'invalid' at its end. */
export async function ask(
  question: string,
  { secret = false }: Asking,
  signal: AbortSignal,
): Promise<string> {
  if (!process.stdin.isTTY) return nextPiped(question);
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = secret ? muted : process.stderr;
  const reader = createInterface({ input: process.stdin, output, terminal: true });
  const closed = Promise.withResolvers<never>();
  // In a terminal's raw mode Ctrl-C and Ctrl-D are keys, not signals: an unanswered question would wait for ever.
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  reader.on('close', () => closed.reject(unanswered(question)));
  try {
    if (secret) process.stderr.write(question);
    const answered = reader.question(secret ? '' : question, { signal });
    const answer = await Promise.race([answered, closed.promise]);
    if (secret) process.stderr.write('\n');
    return answer;
  } finally {
    reader.close();
  }
}

async function nextPiped(question: string): Promise<string> {
  piped ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const line = await piped.next();
  if (line.done) throw unanswered(question);
  return line.value;
}

function unanswered(question: string): DeisError {
  return new DeisError(
    'invalid',
    `there is nobody to answer "${question.trim()}"`,
    'Give it as an option, or on standard input: see --help.',
  );
}
