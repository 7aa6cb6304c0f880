// One at a time, on this box: a lock that the kernel gives back when its holder dies, however it dies.
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for the lock called `name`, does the work, and lets go. The lock is an abstract socket address: no file to clean up.
 * `onWait` is called once when somebody else holds it.
 */
export async function exclusively<T>(
  name: string,
  onWait: () => void,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let release = await take(name);
  if (!release) onWait();
  while (!release) {
    await sleep(200, undefined, { signal });
    release = await take(name);
  }
  try {
    return await work();
  } finally {
    release();
  }
}

function take(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((visitor) => visitor.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0${name}`, () => resolve(() => server.close()));
  });
}
