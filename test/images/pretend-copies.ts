// Replicas of the registry in memory: they keep the same contract as copies over HTTP (`test/ports/image-copies.contract.ts`).

import { DeisError } from '../../src/model/errors.ts';
import type { ImageCopies } from '../../src/ports/image-copies.ts';

/** By address: the digests that each holds, whatever the repository; undefined or missing: away. */
export function pretendCopies(replicas: Map<string, Set<string> | undefined>): ImageCopies {
  const at = (address: string, signal: AbortSignal): Set<string> => {
    signal.throwIfAborted();
    const held = replicas.get(address);
    if (held) return held;
    throw new DeisError('unavailable', `${address} does not answer`);
  };
  return {
    holds: async (address, { digest }, signal) => at(address, signal).has(digest),
    copy: async ({ digest }, from, to, signal) => {
      if (!at(from, signal).has(digest)) return false;
      at(to, signal).add(digest);
      return true;
    },
    copyBlob: async ({ digest }, from, to, signal) => {
      at(from, signal);
      at(to, signal).add(digest);
    },
    remove: async (address, { digest }, signal) => void at(address, signal).delete(digest),
  };
}
