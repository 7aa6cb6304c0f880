// Files as a tar for another host, and a folder as one.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { FileSpec } from '../write-file.ts';

/** The files where they belong, with their modes and owners. */
export async function packFiles(files: readonly FileSpec[]): Promise<Buffer> {
  const tar = pack();
  for (const { path, content, mode = 0o644, owner } of files) {
    tar.entry({ name: path.slice(1), mode, uid: owner?.uid ?? 0, gid: owner?.gid ?? 0 }, content);
  }
  tar.finalize();
  return await buffer(tar);
}

/** A tar of all that is in the folder, and whether it was whole: await `whole` after the stream has ended. */
export function packFolder(folder: string): { stream: Readable; whole: Promise<void> } {
  const child = spawn('tar', ['-C', folder, '-cf', '-', '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { promise: whole, resolve, reject } = Promise.withResolvers<void>();
  const said = text(child.stderr);
  child.once('error', reject);
  child.once('close', (code) => {
    if (code === 0) return resolve();
    void said.then((words) => reject(new Error(`tar of ${folder}: exit code ${code}: ${words}`)));
  });
  return { stream: child.stdout, whole };
}
