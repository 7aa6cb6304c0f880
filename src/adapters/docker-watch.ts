// Follows the Engine's events. The stream is opened first and the list read then, so that nothing falls in between.

import type Docker from 'dockerode';
import { type Clock, rest } from '../ports/clock.ts';
import type { Container, ContainerObserver, LabelFilter } from '../ports/container-engine.ts';
import { ACTIONS, eventOf } from './docker-container.ts';
import { linesOf } from './json-lines.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

export interface DockerWatchOptions {
  docker: Docker;
  clock: Clock;
  list: (labels: LabelFilter, signal: AbortSignal) => Promise<Container[]>;
}

/** Resolves when the signal aborts; any failure of the Engine is an interruption, then tried again. */
export async function watchContainers(
  options: DockerWatchOptions,
  labels: LabelFilter,
  observer: ContainerObserver,
  signal: AbortSignal,
): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    let listed = false;
    await follow(options, labels, observer, () => (listed = true), signal).catch(() => undefined);
    if (signal.aborted) return;
    if (listed) observer.interrupted();
    pause = listed ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
    await rest(options.clock, pause, signal);
  }
}

/** One life of the stream. Always ends by rejecting or by the Engine's hanging up. */
async function follow(
  { docker, list }: DockerWatchOptions,
  labels: LabelFilter,
  observer: ContainerObserver,
  onListed: () => void,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    const filters = JSON.stringify({
      type: ['container'],
      label: labelList(labels),
      event: ACTIONS,
    });
    // Its types do not know of the signal, the library does.
    const asked = { filters, abortSignal: either } as Docker.GetEventsOptions;
    const stream = await docker.getEvents(asked);
    const containers = await list(labels, either);
    onListed();
    observer.snapshot(containers);
    for await (const line of linesOf(stream as AsyncIterable<Uint8Array>)) {
      const event = eventOf(line);
      if (event) observer.event(event);
    }
  } finally {
    over.abort();
  }
}

/** `deis.managed` or `deis.app=hello`. */
export function labelList(labels: LabelFilter): string[] {
  return Object.entries(labels).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
}
