// The ceilings of builds, and the watch over those that the Engine does not keep: time, output, the disk's free space.

import { statfs } from 'node:fs/promises';
import { DeisError } from '../../model/errors.ts';
import type { BuildLimits, Show } from '../../ports/image-builder.ts';

const MB = 2 ** 20;

export const DEFAULT_LIMITS: BuildLimits = {
  seconds: 1800,
  memory: 2048 * MB,
  outputBytes: 20 * MB,
  fileBytes: 4096 * MB,
  processes: 1024,
  freeBytes: 512 * MB,
};

/** How often the disk is looked at, ms. */
const LOOK_MS = 1000;

export interface Watch {
  /** Shows, and ends the build when it is too much. */
  show: Show;
  /** Ends the build: with whoever asked for it, or with a DeisError('build-failed') that names the limit. */
  signal: AbortSignal;
  stop(): void;
}

/**
 * `disk` is a path on the Engine's disk: of a container, its own root. Whoever begins a watch stops it.
 */
export function watchLimits(
  limits: BuildLimits,
  disk: string,
  show: Show,
  signal: AbortSignal,
): Watch {
  const over = new AbortController();
  const end = (what: string, hint: string): void =>
    over.abort(new DeisError('build-failed', `The build was ended: ${what}`, hint));
  const time = setTimeout(
    () => end(`it took longer than ${limits.seconds} s.`, 'Make it shorter, or deploy an image.'),
    limits.seconds * 1000,
  );
  const look = setInterval(() => void lookAtDisk(disk, limits, end), LOOK_MS);
  let left = limits.outputBytes;
  return {
    show: (text) => {
      if (over.signal.aborted) return;
      left -= Buffer.byteLength(text);
      if (left >= 0) return show(text);
      const mb = Math.ceil(limits.outputBytes / MB);
      return end(`it printed more than ${mb} MB.`, 'Make its steps quieter.');
    },
    signal: AbortSignal.any([signal, over.signal]),
    stop: () => {
      clearTimeout(time);
      clearInterval(look);
    },
  };
}

async function lookAtDisk(
  disk: string,
  limits: BuildLimits,
  end: (what: string, hint: string) => void,
): Promise<void> {
  let free: number;
  try {
    const { bavail, bsize } = await statfs(disk);
    free = bavail * bsize;
  } catch (error) {
    return end(`its disk cannot be looked at (${String(error)}).`, '');
  }
  if (free >= limits.freeBytes) return;
  const mb = Math.ceil(limits.freeBytes / MB);
  end(`the disk has less than ${mb} MB free.`, 'Ask an operator to look at `deisctl disk`.');
}
