// Writes bytes to a file descriptor without ever blocking this process: Node's own stdout does when it is a pipe or a terminal
// that nobody reads, and who stands still cannot say that it is still there.

import { write } from 'node:fs';

const AGAIN_MS = 10;

/** Resolves when all of it is written. Throws the system's error: EPIPE when nobody reads any more. */
export async function writeAll(fd: number, data: Uint8Array): Promise<void> {
  let from = 0;
  while (from < data.length) from += await writeSome(fd, data.subarray(from));
}

async function writeSome(fd: number, data: Uint8Array): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  write(fd, data, (error, written) => {
    if (!error) resolve(written);
    else if (error.code === 'EAGAIN') setTimeout(() => resolve(0), AGAIN_MS);
    else reject(error);
  });
  return promise;
}
