// Workshops over Docker's socket: containers that are filled through archives, run once without any privilege, and emptied.

import { Readable, Writable } from 'node:stream';
import type Docker from 'dockerode';
import type { Show, TarBytes, WorkshopEnd, WorkshopOrder } from '../ports/image-builder.ts';
import { asking } from './docker-builds.ts';
import { isStatus } from './docker-errors.ts';

/** A removal is not given up with the build that ends. */
const REMOVAL_MS = 60_000;

/** Its id. */
export async function openWorkshop(
  docker: Docker,
  order: WorkshopOrder,
  slice: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { id } = await asking('open a workshop', signal, () =>
    docker.createContainer({ ...request(order, slice), abortSignal: signal }),
  );
  return id;
}

function request(order: WorkshopOrder, slice: string | undefined): Docker.ContainerCreateOptions {
  const { image, command, user, environment, labels, network, limits } = order;
  return {
    Image: image,
    Entrypoint: command,
    Cmd: [],
    User: user,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    Labels: labels,
    Tty: false,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      NetworkMode: network,
      ...(slice !== undefined && { CgroupParent: slice }),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: limits.memory,
      MemorySwap: limits.memory,
      PidsLimit: limits.processes,
      Ulimits: [{ Name: 'fsize', Soft: limits.fileBytes, Hard: limits.fileBytes }],
      LogConfig: { Type: 'none', Config: {} },
      Init: true,
    },
  };
}

/** See ports/image-builder.ts. */
export async function bringFiles(
  docker: Docker,
  workshop: string,
  path: string,
  files: TarBytes,
  signal: AbortSignal,
): Promise<void> {
  await asking('fill the workshop', signal, () =>
    docker.getContainer(workshop).putArchive(Readable.from(files), { path, abortSignal: signal }),
  );
}

/** See ports/image-builder.ts. */
export async function work(
  docker: Docker,
  workshop: string,
  show: Show,
  signal: AbortSignal,
): Promise<WorkshopEnd> {
  const container = docker.getContainer(workshop);
  return asking('run the workshop', signal, async () => {
    const output = await container.attach({
      stream: true,
      stdout: true,
      stderr: true,
      abortSignal: signal,
    });
    const shown = showAll(docker, output, show);
    const kill = (): void => void container.kill().catch(() => undefined);
    signal.addEventListener('abort', kill, { once: true });
    try {
      await container.start({ abortSignal: signal });
      await shown;
      const { State } = await ended(container, signal);
      return { exitCode: State.ExitCode, outOfMemory: State.OOMKilled };
    } finally {
      signal.removeEventListener('abort', kill);
    }
  });
}

async function ended(
  container: Docker.Container,
  signal: AbortSignal,
): Promise<Docker.ContainerInspectInfo> {
  await container.wait({ abortSignal: signal });
  return container.inspect({ abortSignal: signal });
}

/** Until the Engine closes the stream: the container has ended. Whoever reads slowly slows the container down. */
async function showAll(docker: Docker, output: NodeJS.ReadWriteStream, show: Show): Promise<void> {
  const decoder = new TextDecoder();
  const sink = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      show(decoder.decode(chunk, { stream: true }));
      done();
    },
  });
  docker.modem.demuxStream(output, sink, sink);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  output.once('end', resolve).once('close', resolve).once('error', reject);
  await promise;
}

/** See ports/image-builder.ts. */
export async function fetchFiles(
  docker: Docker,
  workshop: string,
  path: string,
  signal: AbortSignal,
): Promise<TarBytes | undefined> {
  return asking(`take ${path} out of the workshop`, signal, async () => {
    try {
      const options = { path, abortSignal: signal };
      return (await docker.getContainer(workshop).getArchive(options)) as unknown as TarBytes;
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  });
}

/** One that is gone is fine. */
export async function closeWorkshop(docker: Docker, workshop: string): Promise<void> {
  const signal = AbortSignal.timeout(REMOVAL_MS);
  await asking('close the workshop', signal, async () => {
    try {
      await docker.getContainer(workshop).remove({ force: true, v: true, abortSignal: signal });
    } catch (error) {
      if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
    }
  });
}

/** See ports/image-builder.ts. */
export async function sweepWorkshops(
  docker: Docker,
  label: string,
  signal: AbortSignal,
): Promise<void> {
  const found = await asking('list workshops', signal, () =>
    docker.listContainers({ all: true, filters: { label: [label] }, abortSignal: signal }),
  );
  for (const { Id } of found) await closeWorkshop(docker, Id);
}
