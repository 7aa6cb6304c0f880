// Whether every program of a release, in its images too, is for the processor that it says: a mistake here would be seen on machines only.

import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { DeisError } from '../model/errors.ts';
import { ELF_HEAD, PROCESSORS, type Processor, elfMachine } from '../model/processor.ts';

/** Of a tar archive: its first block says `ustar` (tar(5)). */
const TAR_BLOCK = 512;

export interface ProgramCount {
  /** Programs, libraries and add-ons seen. */
  all: number;
  /** Paths of those for another processor; in an image behind the path of its archive. */
  foreign: string[];
}

/** Looks at every file below `folder`, in the tar archives there, and in the layers in those. */
export async function countPrograms(
  folder: string,
  processor: Processor,
  signal: AbortSignal,
): Promise<ProgramCount> {
  const count: ProgramCount = { all: 0, foreign: [] };
  const { elf } = PROCESSORS[processor];
  const look = (path: string, head: Buffer): void => {
    const machine = elfMachine(head);
    if (machine === undefined) return;
    count.all++;
    if (machine !== elf) count.foreign.push(path);
  };
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const shown = path.slice(folder.length + 1);
    if (path.endsWith('.tar')) await lookIntoTar(createReadStream(path, { signal }), shown, look);
    else look(shown, await headOf(path));
  }
  return count;
}

/** Throws DeisError 'conflict' with the first few that are for another processor. */
export async function requireProgramsFor(
  folder: string,
  processor: Processor,
  signal: AbortSignal,
): Promise<void> {
  const { foreign } = await countPrograms(folder, processor, signal);
  if (foreign.length === 0) return;
  const named = foreign.slice(0, 5).join(', ');
  throw new DeisError('conflict', `Not for ${processor}, ${foreign.length} files: ${named}`);
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(ELF_HEAD), 0, ELF_HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Blobs of an image have no names that say what they are: what begins as a tar archive is a layer. */
async function lookIntoTar(
  source: AsyncIterable<Buffer>,
  shown: string,
  look: (path: string, head: Buffer) => void,
): Promise<void> {
  const entries = extract();
  const lookAtAll = async (): Promise<void> => {
    for await (const entry of entries) {
      const path = `${shown}:${entry.header.name}`;
      const bytes = (entry as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
      const head = await take(bytes, TAR_BLOCK);
      const whole = continued(head, bytes);
      if (head.toString('latin1', 257, 262) === 'ustar') await lookIntoTar(whole, path, look);
      else await drain(whole);
      look(path, head);
    }
  };
  await Promise.all([pipeline(Readable.from(source), entries), lookAtAll()]);
}

/** At least `size` bytes from the beginning, or all that there are. */
async function take(bytes: AsyncIterator<Buffer>, size: number): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < size) {
    const { done, value } = await bytes.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

async function* continued(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* { [Symbol.asyncIterator]: () => rest };
}

async function drain(bytes: AsyncIterable<Buffer>): Promise<void> {
  const each = bytes[Symbol.asyncIterator]();
  while (!(await each.next()).done);
}
