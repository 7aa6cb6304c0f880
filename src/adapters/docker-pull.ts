// Downloads of images: one at a time per reference whoever asks, tried again when the way was at fault.

import type Docker from 'dockerode';
import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { dockerError } from './docker-errors.ts';
import { linesOf } from './json-lines.ts';

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
/** No progress for this long: the registry hangs. */
const STALL_MS = 60_000;

interface Pulling {
  done: Promise<void>;
  stop: AbortController;
  waiters: number;
}

export class DockerPulls {
  readonly #docker: Docker;
  readonly #clock: Clock;
  readonly #running = new Map<string, Pulling>();

  constructor(docker: Docker, clock: Clock) {
    this.#docker = docker;
    this.#clock = clock;
  }

  /** Aborting leaves the download to the others who wait for it; the last one ends it. */
  async pull(reference: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const pulling = this.#running.get(reference) ?? this.#start(reference);
    pulling.waiters += 1;
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([pulling.done, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
      pulling.waiters -= 1;
      if (pulling.waiters === 0) pulling.stop.abort(new Error('nobody waits for this image'));
    }
  }

  #start(reference: string): Pulling {
    const stop = new AbortController();
    const done = this.#attempts(reference, stop.signal).finally(() => {
      this.#running.delete(reference);
    });
    // Every waiter hears of a failure; when the last has gone there is nobody to hear it.
    done.catch(() => undefined);
    const pulling = { done, stop, waiters: 0 };
    this.#running.set(reference, pulling);
    return pulling;
  }

  async #attempts(reference: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(reference, signal);
      } catch (error) {
        const problem = dockerError(error, `pull ${reference}`);
        const hopeless = problem.code === 'not-found' || problem.code === 'invalid';
        if (signal.aborted || hopeless || attempt === ATTEMPTS) throw problem;
        await this.#clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
      }
    }
  }

  async #once(reference: string, signal: AbortSignal): Promise<void> {
    const stalled = new AbortController();
    const stall = (): void => stalled.abort(new Error(`no progress for ${STALL_MS} ms`));
    let timer = setTimeout(stall, STALL_MS);
    try {
      const abortSignal = AbortSignal.any([signal, stalled.signal]);
      const stream = await this.#docker.pull(reference, { abortSignal });
      for await (const line of linesOf(stream as AsyncIterable<Uint8Array>)) {
        clearTimeout(timer);
        timer = setTimeout(stall, STALL_MS);
        const { error } = JSON.parse(line) as { error?: string };
        if (error !== undefined) throw pullError(reference, error);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The Engine answers 200 and tells of its failure in the stream. */
function pullError(reference: string, text: string): DeisError {
  const missing = /not found|manifest unknown|does not exist|repository name not known/i.test(text);
  return new DeisError(
    missing ? 'not-found' : 'unavailable',
    `The image ${reference} could not be pulled: ${text}`,
    missing ? 'Check the name of the image, and that it was pushed.' : '',
  );
}
