// A slug as an image: the tar of /app is the last layer over the stack; beside it only facts that the stack's entry point reads.

import { type Pack, extract, pack } from 'tar-stream';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { TarBytes } from '../../ports/image-builder.ts';
import { pairs } from './pairs.ts';

/** Process types come before the slug, which is then the topmost layer; what the stack says of start, user and port holds. */
export function slugDockerfile(
  stack: string,
  facts: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): string {
  return [
    `FROM ${stack}`,
    'COPY processes /opt/deis/processes',
    'ADD slug.tar /',
    pairs('ENV', facts),
    pairs('LABEL', labels),
    '',
  ].join('\n');
}

/** The context of that Dockerfile; `slug` is a tar that holds `slug.tar`, as the Engine hands it out. */
export function slugContext(
  slug: TarBytes,
  dockerfile: string,
  processes: Readonly<Record<string, string>>,
): TarBytes {
  const context = pack();
  fill(context, slug, dockerfile, processes).catch((error: unknown) =>
    context.destroy(error as Error),
  );
  return context as AsyncIterable<Uint8Array>;
}

async function fill(
  context: Pack,
  slug: TarBytes,
  dockerfile: string,
  processes: Readonly<Record<string, string>>,
): Promise<void> {
  const common = { mtime: new Date(0) };
  context.entry({ ...common, name: 'Dockerfile' }, dockerfile);
  context.entry({ ...common, name: 'processes', type: 'directory', mode: 0o755 });
  for (const [type, command] of Object.entries(processes)) {
    context.entry({ ...common, name: `processes/${type}` }, command);
  }
  const inside = extract();
  const reading = pipeline(Readable.from(slug), inside);
  for await (const entry of inside) {
    const { size } = entry.header;
    await pipeline(entry, context.entry({ ...common, name: 'slug.tar', size }));
  }
  await reading;
  context.finalize();
}
