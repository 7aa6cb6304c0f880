// One app's lines on disk: an endless text, cut into files that carry the offset of their first byte as name. Old ones are taken away.

import { type FileHandle, mkdir, open, readdir, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing, isMissing } from '../../model/missing.ts';

interface Segment {
  /** Offset of its first byte in the endless text. */
  start: number;
  /** Bytes that count; the file may hold more, which an append that was taken back has left. */
  size: number;
  /** When it was written last, ms since the epoch. */
  written: number;
}

export interface Piece {
  /** Offset of its first byte: later than asked for if what was asked is gone. */
  at: number;
  data: Buffer;
}

const NAME = /^([0-9]{16})\.log$/;
const nameOf = (start: number): string => `${String(start).padStart(16, '0')}.log`;

/** Appends come one at a time (whoever appends sees to it); reads may come any time. */
export class Segments {
  readonly #folder: string;
  #segments: Segment[];
  #end: number;
  #open: { start: number; file: FileHandle } | undefined;
  /** Files written to since they were last synced, the open one left out. */
  #closing: FileHandle[] = [];
  #dirty = false;
  #newFile = false;

  private constructor(folder: string, segments: Segment[], end: number) {
    this.#folder = folder;
    this.#segments = segments;
    this.#end = end;
  }

  /** As the text was when it ended at `end`: what was written later is cut off. */
  static async recover(folder: string, end: number): Promise<Segments> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const segments: Segment[] = [];
    for (const name of (await readdir(folder)).toSorted()) {
      const match = NAME.exec(name);
      if (!match) continue;
      const path = join(folder, name);
      const start = Number(match[1]);
      if (start >= end) {
        await unlink(path);
        continue;
      }
      const { size, mtimeMs } = await stat(path);
      if (start + size > end) await truncate(path, end - start);
      segments.push({ start, size: Math.min(size, end - start), written: mtimeMs });
    }
    return new Segments(folder, segments, end);
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.#end;
  }

  /** Offset of the first byte that is still there; `end` when there is none. */
  get start(): number {
    return this.#segments[0]?.start ?? this.#end;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** Files, oldest first; the last one may still grow. */
  get files(): readonly Readonly<Segment>[] {
    return this.#segments;
  }

  /** Begins a new file when the last one has `largest` bytes. If this throws, call `takeBack`. */
  async append(data: Buffer, largest: number, now: number): Promise<void> {
    let last = this.#segments.at(-1);
    if (!last || last.size >= largest || last.start + last.size !== this.#end) {
      last = { start: this.#end, size: 0, written: now };
      await this.#begin(last.start);
      this.#segments.push(last);
    }
    const { file } = this.#open?.start === last.start ? this.#open : await this.#begin(last.start);
    this.#dirty = true;
    let done = 0;
    while (done < data.length) {
      const { bytesWritten } = await file.write(data, done, undefined, last.size + done);
      done += bytesWritten;
    }
    last.size += data.length;
    last.written = now;
    this.#end += data.length;
  }

  /** Forgets what was appended behind `end`. */
  takeBack(end: number): void {
    while ((this.#segments.at(-1)?.start ?? -1) >= end) this.#segments.pop();
    const last = this.#segments.at(-1);
    if (last && last.start + last.size > end) last.size = end - last.start;
    this.#end = end;
  }

  /** What stands from `from` on, up to `most` bytes and never beyond `end`; nothing if `from` is `end`. */
  async read(from: number, most: number, end = this.#end): Promise<Piece> {
    for (const { start, size } of this.#segments) {
      const at = Math.max(from, start);
      const length = Math.min(most, start + size - at, end - at);
      if (length <= 0) continue;
      const data = await this.#readFile(start, at - start, length);
      // Taken away while we were reading: look behind it.
      if (data) return { at, data };
    }
    return { at: Math.max(from, end), data: Buffer.alloc(0) };
  }

  /** Everything appended so far survives a power cut. */
  async sync(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    const closing = this.#closing;
    this.#closing = [];
    const current = this.#open?.file;
    try {
      for (const file of closing) await file.datasync();
      await current?.datasync();
      if (this.#newFile) await syncFolder(this.#folder);
      this.#newFile = false;
    } catch (error) {
      this.#dirty = true;
      throw error;
    } finally {
      await Promise.all(closing.map((file) => file.close()));
    }
  }

  /** Takes the oldest file away, also when it is the only one. */
  async dropOldest(): Promise<void> {
    const first = this.#segments.shift();
    if (!first) return;
    if (this.#open?.start === first.start) await this.rest();
    await unlink(join(this.#folder, nameOf(first.start))).catch(ifMissing(undefined));
  }

  /** Closes its file until the next append. */
  async rest(): Promise<void> {
    const file = this.#open?.file;
    this.#open = undefined;
    if (!file) return;
    if (this.#dirty) await file.datasync();
    await file.close();
  }

  async #begin(start: number): Promise<{ start: number; file: FileHandle }> {
    const path = join(this.#folder, nameOf(start));
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = await open(path, 'a+', 0o600).then(async (made) => {
      // Appending mode ignores positions: it is only there to make the file.
      await made.close();
      return open(path, 'r+');
    });
    if (this.#open) this.#closing.push(this.#open.file);
    this.#newFile = true;
    this.#open = { start, file };
    return this.#open;
  }

  async #readFile(start: number, at: number, length: number): Promise<Buffer | undefined> {
    try {
      const file = await open(join(this.#folder, nameOf(start)), 'r');
      try {
        const buffer = Buffer.allocUnsafe(length);
        const { bytesRead } = await file.read(buffer, 0, length, at);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
