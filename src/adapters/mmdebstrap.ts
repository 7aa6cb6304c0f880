// mmdebstrap(1), which unpacks Debian's packages and sets them up: ended as a whole, with what it mounted, when it is not wanted any more.

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { commandInGroups, createGroup, killGroup, removeGroup } from './cgroup.ts';
import { exclusively } from './exclusive.ts';
import { removeDirectory } from './mounts.ts';
import { run } from './process.ts';

/** To clean up after a signal that may have come already. */
const CLEAN_MS = 60_000;

/**
 * Runs it with `scratch` as its folder for what is temporary. It starts programs of its own that a signal to it does not reach, and mounts
 * below `scratch`: both go when it ends, and what an earlier call with this `scratch` left that was killed goes first. Calls with the same
 * `scratch` take turns.
 */
export async function mmdebstrap(
  args: readonly string[],
  scratch: string,
  signal: AbortSignal,
): Promise<void> {
  const digest = createHash('sha256').update(scratch).digest('hex').slice(0, 12);
  const group = `deis-debian-${digest}`;
  const clean = async (until: AbortSignal): Promise<void> => {
    await killGroup(group, until);
    await removeDirectory(scratch, until);
    await removeGroup(group);
  };
  const work = async (): Promise<void> => {
    await clean(signal);
    await mkdir(scratch, { recursive: true });
    try {
      const order = commandInGroups(await createGroup(group), ['mmdebstrap', ...args]);
      const running = run(order[0]!, order.slice(1), { env: { TMPDIR: scratch } }, signal);
      await Promise.race([running, aborted(signal)]);
      // Called off, it ends when what it started lets go of its output.
      await killGroup(group, AbortSignal.timeout(CLEAN_MS));
      await running;
    } finally {
      await clean(AbortSignal.timeout(CLEAN_MS));
    }
  };
  await exclusively(group, () => undefined, work, signal);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
