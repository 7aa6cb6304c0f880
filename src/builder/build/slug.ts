// A slug as an image: the tar of /app is the last layer over the stack; beside it only facts that the stack's entry point reads.

import { type Pack, extract, pack } from 'tar-stream';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { DeisError } from '../../model/errors.ts';
import type { TarBytes } from '../../ports/image-builder.ts';

/** As in Deis v1: PORT is 5000 unless somebody says otherwise. */
const PORT = 5000;

/** Process types come before the slug, which is then the topmost layer. */
export function slugDockerfile(
  stack: string,
  sha: string,
  variables: Readonly<Record<string, string>>,
): string {
  const lines = Object.entries(variables).map(
    ([name, value]) => `ENV ${name}=${quoted(name, value)}`,
  );
  return [
    `FROM ${stack}`,
    ...lines,
    `ENV HOME=/app PORT=${PORT} GIT_SHA=${sha}`,
    'COPY processes /opt/deis/processes',
    'ADD slug.tar /',
    'USER slug',
    'WORKDIR /app',
    `EXPOSE ${PORT}`,
    'ENTRYPOINT ["/opt/deis/stack/run"]',
    'CMD ["start", "web"]',
    '',
  ].join('\n');
}

/** A value that stays a value: nothing in it is expanded or ends the line. */
function quoted(name: string, value: string): string {
  if (/[\n\r\0]/.test(value)) {
    throw new DeisError('build-failed', `bin/release of the buildpack: ${name} has several lines.`);
  }
  return `"${value.replace(/[\\"$]/g, '\\$&')}"`;
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
