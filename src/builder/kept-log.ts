// The log of a build as it is kept: all of a usual one, the beginning and the end of a very long one.

import { gzipSync } from 'node:zlib';
import type { BuildLog } from '../model/push.ts';
import { keys } from '../registry/keys.ts';
import { type Registry, put, remove } from '../registry/registry.ts';

/** Bytes of each half. */
export const HALF = 96 * 1024;
/** Logs of an app that are kept. */
const KEPT = 20;

/** Takes lines in, remembers what will be kept. */
export class LogKeeper {
  #head: Buffer[] = [];
  #headSize = 0;
  #tail: Buffer[] = [];
  #tailSize = 0;
  #dropped = 0;

  readonly add = (line: Buffer): void => {
    if (this.#headSize + line.length <= HALF && this.#tail.length === 0) {
      this.#head.push(line);
      this.#headSize += line.length;
      return;
    }
    this.#tail.push(line);
    this.#tailSize += line.length;
    while (this.#tailSize > HALF && this.#tail.length > 1) {
      const first = this.#tail.shift()!;
      this.#tailSize -= first.length;
      this.#dropped += 1;
    }
  };

  text(): Buffer {
    const gap = this.#dropped === 0 ? '' : `\n[ ${this.#dropped} lines are not kept ]\n\n`;
    return Buffer.concat([...this.#head, Buffer.from(gap), ...this.#tail]);
  }
}

/** An id that sorts by time: `20261122T051500.123Z-1a2b3c4d`. */
export function logId(at: string, sha: string): string {
  return `${at.replaceAll(/[-:]/g, '')}-${sha.slice(0, 8)}`;
}

/** Writes the log and removes the oldest ones of its app. */
export async function keepLog(
  registry: Registry,
  { uuid, id }: { uuid: string; id: string },
  log: Omit<BuildLog, 'text'> & { text: Buffer },
  signal: AbortSignal,
): Promise<void> {
  const { items } = await registry.list(keys.buildLogs, [uuid], signal);
  const old = items.slice(0, Math.max(0, items.length + 1 - KEPT));
  const text = gzipSync(log.text).toString('base64');
  await registry.commit(
    [],
    [
      put(keys.buildLogs, [uuid, id], { ...log, text }),
      ...old.map(({ ids }) => remove(keys.buildLogs, ids)),
    ],
    signal,
  );
}
