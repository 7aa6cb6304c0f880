// What a build is given, as a tar: the files of a tree, and files of ours beside or instead of them.

import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import type { TarBytes } from '../../ports/image-builder.ts';
import { type Leaf, leavesOf, openFile } from './tree.ts';

export interface ContextOptions {
  /** Directory of the tree; absent: only files of ours. */
  tree?: string;
  /** Which paths of the tree are left out. */
  ignored?: (path: string) => boolean;
  /** Whether a directory that is left out may still hold something that is wanted. */
  enter?: (path: string) => boolean;
  /** Files of ours by path; they win over those of the tree. */
  files?: Record<string, string | Buffer>;
  /** Prefix of every path, with a slash at its end, or empty. */
  prefix?: string;
  /** Owner of everything, `uid` and group alike. */
  owner?: number;
}

/** Times are left out, so that the same files are the same context. */
export function contextOf(options: ContextOptions): TarBytes {
  const archive = pack();
  fill(archive, options).catch((error: unknown) => archive.destroy(error as Error));
  return archive as AsyncIterable<Uint8Array>;
}

async function fill(archive: Pack, options: ContextOptions): Promise<void> {
  const { tree, ignored = () => false, files = {}, enter } = options;
  const entry = headersFor(options);
  if (options.prefix) archive.entry(entry({ kind: 'directory', path: '', mode: 0o755 }));
  if (tree !== undefined) {
    for await (const leaf of leavesOf(tree, (path) => !ignored(path) || (enter?.(path) ?? true))) {
      if (ignored(leaf.path) || Object.hasOwn(files, leaf.path)) continue;
      if (leaf.kind === 'file') await addFile(archive, tree, leaf, entry(leaf));
      else await add(archive, entry(leaf));
    }
  }
  for (const [path, content] of Object.entries(files)) {
    const bytes = Buffer.from(content as string);
    await add(archive, entry({ kind: 'file', path, mode: 0o644, size: bytes.length }), bytes);
  }
  archive.finalize();
}

type Header = Parameters<Pack['entry']>[0];

function headersFor({ prefix = '', owner = 0 }: ContextOptions): (leaf: Leaf) => Header {
  const common = { uid: owner, gid: owner, mtime: new Date(0) };
  return (leaf) => {
    const named = { ...common, name: `${prefix}${leaf.path}` };
    switch (leaf.kind) {
      case 'directory':
        return { ...named, type: 'directory', mode: leaf.mode };
      case 'file':
        return { ...named, type: 'file', mode: leaf.mode, size: leaf.size };
      case 'link':
        return { ...named, type: 'symlink', mode: 0o777, linkname: leaf.target };
    }
  };
}

/** Waits until the reader has taken it: a context may be larger than memory. */
async function add(archive: Pack, header: Header, bytes?: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = (error?: Error | null): void => (error ? reject(error) : resolve());
  if (bytes === undefined) archive.entry(header, done);
  else archive.entry(header, bytes, done);
  await promise;
}

async function addFile(
  archive: Pack,
  tree: string,
  leaf: Leaf & { kind: 'file' },
  header: Header,
): Promise<void> {
  const file = await openFile(tree, leaf.path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sink = archive.entry(header, (error) => (error ? reject(error) : resolve()));
  // A file that grew since it was measured must not spill over its entry.
  const end = leaf.size - 1;
  if (leaf.size === 0) {
    await file.close();
    sink.end(Buffer.alloc(0));
  } else {
    await pipeline(file.createReadStream({ end }), sink);
  }
  await promise;
}
