// Images from contexts over Docker's socket: the classic builder (it needs no client of its own), tags, pushes, archives.

import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import type { ImageOrder, Show } from '../ports/image-builder.ts';
import { dockerError, isStatus } from './docker-errors.ts';
import { linesOf } from './json-lines.ts';

/** One message of the Engine's streams of progress. */
const message = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
  aux: z.object({ ID: z.string().optional(), Digest: z.string().optional() }).optional(),
});
type Message = z.infer<typeof message>;

/** Progress of a download that is worth a line; the rest is bars that move. */
const TELLING = /^(Pulling from|Digest:|Status:)/;

/** See ports/image-builder.ts. */
export async function buildImage(
  docker: Docker,
  order: ImageOrder,
  { slice, show }: { slice: string | undefined; show: Show },
  signal: AbortSignal,
): Promise<string> {
  const stream = await asking(`build ${order.reference}`, signal, () =>
    docker.buildImage(Readable.from(order.context), {
      ...query(order),
      ...(slice !== undefined && { cgroupparent: slice }),
      registryconfig: registryConfig(order.logins),
      abortSignal: signal,
    }),
  );
  let id: string | undefined;
  await eachMessage(
    stream,
    'build the image',
    signal,
    ({ stream: text, status, error, aux, id: layer }) => {
      if (error !== undefined) throw new DeisError('build-failed', error);
      if (text !== undefined) show(text);
      if (status !== undefined && TELLING.test(status))
        show(`${layer ?? ''} ${status}\n`.trimStart());
      if (aux?.ID !== undefined) id = aux.ID;
    },
  );
  if (id !== undefined) return id;
  throw new DeisError('unavailable', 'The Docker Engine ended the build without a word.');
}

/** See ports/image-builder.ts. */
export async function pushImage(
  docker: Docker,
  reference: string,
  signal: AbortSignal,
): Promise<string> {
  const stream = await asking(`push ${reference}`, signal, () =>
    docker.getImage(reference).push({ authconfig: { username: '' }, abortSignal: signal }),
  );
  let digest: string | undefined;
  await eachMessage(stream, `push ${reference}`, signal, ({ error, aux }) => {
    if (error !== undefined)
      throw new DeisError('unavailable', `Cannot push ${reference}: ${error}`);
    if (aux?.Digest !== undefined) digest = aux.Digest;
  });
  if (digest !== undefined) return digest;
  throw new DeisError('unavailable', `The push of ${reference} ended without a digest.`);
}

/** See ports/image-builder.ts. */
export async function loadImages(
  docker: Docker,
  archive: string,
  signal: AbortSignal,
): Promise<void> {
  await access(archive).catch((cause: unknown) => {
    throw new DeisError('not-found', `There is no image archive ${archive}.`, '', { cause });
  });
  const doing = `load ${archive}`;
  const stream = await asking(doing, signal, () =>
    docker.loadImage(createReadStream(archive), { abortSignal: signal }),
  );
  await eachMessage(stream, doing, signal, ({ error }) => {
    if (error !== undefined)
      throw new DeisError('refused', `The Engine could not ${doing}: ${error}`);
  });
}

/** The id, or undefined. */
export async function imageId(
  docker: Docker,
  reference: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return asking(`look at ${reference}`, signal, async () => {
    try {
      return (await docker.getImage(reference).inspect()).Id;
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  });
}

/** Parameters of POST /build (Docker Engine API 1.41). */
function query({ reference, arguments: values, network, limits }: ImageOrder): object {
  const file = { Name: 'fsize', Soft: limits.fileBytes, Hard: limits.fileBytes };
  return {
    t: reference,
    version: '1',
    rm: true,
    forcerm: true,
    buildargs: values,
    networkmode: network,
    memory: limits.memory,
    memswap: limits.memory,
    ulimits: JSON.stringify([file]),
  };
}

function registryConfig(logins: ImageOrder['logins']): Docker.RegistryConfig {
  return Object.fromEntries(
    Object.entries(logins).map(([host, { username, password }]) => [host, { username, password }]),
  );
}

async function eachMessage(
  stream: NodeJS.ReadableStream,
  doing: string,
  signal: AbortSignal,
  take: (message: Message) => void,
): Promise<void> {
  await asking(doing, signal, async () => {
    for await (const line of linesOf(stream as AsyncIterable<Uint8Array>)) {
      take(message.parse(JSON.parse(line)));
    }
  });
}

/** Foreign errors as ours; an abort as its reason. */
export async function asking<T>(
  doing: string,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    throw dockerError(error, doing);
  }
}
