// `Creating Application... done`: a line that says what is being waited for, with the original's spinner on a terminal.

import type { Writable } from 'node:stream';

const FRAMES = ['...', 'o..', '.o.', '..o'];
const FRAME_MS = 400;

/** Where the line goes; a spinner is drawn only on a terminal. */
export interface WaitingOutput {
  stream: Writable & { isTTY?: boolean };
}

/** Writes `label`, waits, then writes `done` and what `tell` makes of the result. On failure the line just ends. */
export async function waiting<T>(
  { stream }: WaitingOutput,
  label: string,
  task: Promise<T>,
  tell: (result: T) => string,
): Promise<T> {
  stream.write(`${label} `);
  const stop = stream.isTTY ? spin(stream) : () => {};
  try {
    const result = await task;
    stop();
    stream.write(`${tell(result)}\n`);
    return result;
  } catch (error) {
    stop();
    stream.write('\n');
    throw error;
  }
}

function spin(stream: Writable): () => void {
  let frame = 0;
  const width = FRAMES[0]!.length;
  stream.write(FRAMES[0]!);
  const timer = setInterval(() => {
    frame = (frame + 1) % FRAMES.length;
    stream.write('\b'.repeat(width) + FRAMES[frame]!);
  }, FRAME_MS);
  return () => {
    clearInterval(timer);
    const back = '\b'.repeat(width);
    stream.write(back + ' '.repeat(width) + back);
  };
}
