// Mounts of the box: what is mounted below a directory, overlays, and taking everything off again.
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './process.ts';

/** Mount points at or below `directory`, deepest and latest first: the order to unmount them in. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .filter(Boolean)
    .map((line) => unescapeOctal(line.split(' ')[4]!))
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .reverse();
}

export async function isMounted(point: string): Promise<boolean> {
  return (await mountsBelow(point)).includes(point);
}

/** Shows `lower` at `point`; every change goes to `upper`. `work` must be an empty directory on the same disk as `upper`. */
export async function mountOverlay(
  lower: string,
  upper: string,
  work: string,
  point: string,
  signal: AbortSignal,
): Promise<void> {
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await run('mount', ['-t', 'overlay', 'overlay', '-o', options, point], {}, signal);
}

/** Mounts a disk image through a loop device that the kernel frees when it is unmounted. */
export async function mountImage(image: string, point: string, signal: AbortSignal): Promise<void> {
  await run('mount', ['-o', 'loop,discard', image, point], {}, signal);
}

/**
 * Unmounts everything at and below `directory`: twenty tries while something is still busy, then lazily.
 * Returns the mount points that even so stayed.
 */
export async function unmountAll(directory: string, signal: AbortSignal): Promise<string[]> {
  for (let tries = 0; tries < 20; tries++) {
    const points = await mountsBelow(directory);
    if (points.length === 0) return [];
    for (const point of points) await run('umount', [point], { ok: [0, 1, 32] }, signal);
    if ((await mountsBelow(directory)).length > 0) await sleep(100, undefined, { signal });
  }
  for (const point of await mountsBelow(directory)) {
    await run('umount', ['--lazy', point], { ok: [0, 1, 32] }, signal);
  }
  return await mountsBelow(directory);
}

/** Removes a directory tree, after whatever is mounted in it was unmounted: never deletes through a mount. */
export async function removeDirectory(directory: string, signal: AbortSignal): Promise<void> {
  const left = await unmountAll(directory, signal);
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`);
  await rm(directory, { recursive: true, force: true });
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
