// The container engine over Docker's socket. Every call has a deadline: an Engine that hangs counts as away.

import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import Docker from 'dockerode';
import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  Container,
  ContainerEngine,
  ContainerObserver,
  LabelFilter,
} from '../ports/container-engine.ts';
import { containerOf } from './docker-container.ts';
import { dockerError, engineAway, isStatus } from './docker-errors.ts';
import { DockerPulls } from './docker-pull.ts';
import { labelList, watchContainers } from './docker-watch.ts';
import { linesOf } from './json-lines.ts';
import { untilAborted } from './until-aborted.ts';

const SOCKET = '/var/run/docker.sock';
const QUICK_MS = 10_000;
const SLOW_MS = 60_000;
const LOAD_MS = 600_000;
/** Containers asked about at once. */
const AT_ONCE = 8;

export class DockerEngine implements ContainerEngine {
  readonly #docker: Docker;
  readonly #clock: Clock;
  readonly #pulls: DockerPulls;

  constructor(clock: Clock, socketPath = SOCKET) {
    this.#docker = new Docker({ socketPath });
    this.#clock = clock;
    this.#pulls = new DockerPulls(this.#docker, clock);
  }

  async ping(signal: AbortSignal): Promise<string> {
    const { Version } = await this.#ask('answer', QUICK_MS, signal, (given) =>
      untilAborted(this.#docker.version(), given),
    );
    return Version;
  }

  pull(reference: string, signal: AbortSignal): Promise<void> {
    return this.#pulls.pull(reference, signal);
  }

  async imageExists(reference: string, signal: AbortSignal): Promise<boolean> {
    const found = await this.#ask(`look for ${reference}`, QUICK_MS, signal, (given) =>
      untilAborted(this.#docker.getImage(reference).inspect(), given).catch(ifMissing),
    );
    return found !== undefined;
  }

  async exposedPorts(reference: string, signal: AbortSignal): Promise<number[]> {
    const { Config } = await this.#ask(`look at ${reference}`, QUICK_MS, signal, (given) =>
      untilAborted(this.#docker.getImage(reference).inspect(), given),
    );
    return Object.keys(Config?.ExposedPorts ?? {})
      .filter((port) => port.endsWith('/tcp'))
      .map((port) => Number.parseInt(port, 10))
      .toSorted((one, other) => one - other);
  }

  async loadArchive(path: string, signal: AbortSignal): Promise<string[]> {
    await access(path).catch((cause: unknown) => {
      throw new DeisError('not-found', `There is no image archive ${path}.`, '', { cause });
    });
    return this.#ask(`load ${path}`, LOAD_MS, signal, async (abortSignal) => {
      const answer = await this.#docker.loadImage(createReadStream(path), { abortSignal });
      const loaded: string[] = [];
      for await (const line of linesOf(answer as AsyncIterable<Uint8Array>)) {
        const { stream = '', error } = JSON.parse(line) as { stream?: string; error?: string };
        if (error !== undefined)
          throw dockerError({ statusCode: 500, json: { message: error } }, `load ${path}`);
        const match = /^Loaded image(?: ID)?: (\S+)/.exec(stream);
        if (match) loaded.push(match[1]!);
      }
      return loaded;
    });
  }

  async containers(labels: LabelFilter, signal: AbortSignal): Promise<Container[]> {
    const filters = { label: labelList(labels) };
    const list = await this.#ask('list containers', QUICK_MS, signal, (abortSignal) =>
      this.#docker.listContainers({ all: true, filters, abortSignal }),
    );
    const ids = list.map(({ Id }) => Id);
    const found: (Container | undefined)[] = [];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      found.push(...(await Promise.all(some.map((id) => this.inspect(id, signal)))));
    }
    return found.filter((container) => container !== undefined);
  }

  async inspect(name: string, signal: AbortSignal): Promise<Container | undefined> {
    const info = await this.#ask(`look at ${name}`, QUICK_MS, signal, (abortSignal) =>
      this.#docker.getContainer(name).inspect({ abortSignal }).catch(ifMissing),
    );
    return info && containerOf(info);
  }

  async stop(name: string, seconds: number, signal: AbortSignal): Promise<void> {
    const ms = seconds * 1000 + SLOW_MS;
    await this.#ask(`stop ${name}`, ms, signal, (abortSignal) =>
      this.#docker
        .getContainer(name)
        .stop({ t: seconds, abortSignal })
        .catch((error: unknown) => (isStatus(error, 304) ? undefined : ifMissing(error))),
    );
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    await this.#ask(`remove ${name}`, SLOW_MS, signal, (abortSignal) =>
      this.#docker
        .getContainer(name)
        .remove({ force: true, v: true, abortSignal })
        .catch(ifMissing),
    );
  }

  watch(labels: LabelFilter, observer: ContainerObserver, signal: AbortSignal): Promise<void> {
    const list = (some: LabelFilter, until: AbortSignal): Promise<Container[]> =>
      this.containers(some, until);
    const options = { docker: this.#docker, clock: this.#clock, list };
    return watchContainers(options, labels, observer, signal);
  }

  async #ask<T>(
    doing: string,
    ms: number,
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(ms);
    try {
      return await call(AbortSignal.any([signal, deadline]));
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.aborted) throw engineAway(`no answer within ${ms} ms`, error);
      throw dockerError(error, doing);
    }
  }
}

function ifMissing(error: unknown): undefined {
  if (!isStatus(error, 404)) throw error;
}
