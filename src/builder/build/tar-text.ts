// A small text out of a tar that a stranger's build made: bounded, and only from a plain file.

import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { DeisError } from '../../model/errors.ts';
import type { TarBytes } from '../../ports/image-builder.ts';

const LARGEST = 2 ** 20;

/** The text of the archive's first file; empty when there is no archive. Throws DeisError('build-failed') above 1 MB. */
export async function textIn(tar: TarBytes | undefined, name: string): Promise<string> {
  if (tar === undefined) return '';
  const source = Readable.from(tar);
  const entries = extract();
  source.on('error', (error) => entries.destroy(error)).pipe(entries);
  for await (const entry of entries) {
    if (entry.header.type !== 'file') throw wrong(name, 'is not a file');
    if ((entry.header.size ?? 0) > LARGEST) throw wrong(name, 'is larger than 1 MB');
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  }
  return '';
}

const wrong = (name: string, what: string): DeisError =>
  new DeisError('build-failed', `${name}, as the buildpack left it, ${what}.`);
