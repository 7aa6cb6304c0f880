// What happens to an app while one watches: server-sent events (WHATWG HTML, 9.2) for deployments, containers and logs.

import { Readable } from 'node:stream';
import { z } from 'zod';
import { toDeisError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { containersOf } from '../app/containers.ts';
import { type AppSnapshot, readApp } from '../app/snapshot.ts';
import type { Answer, AppCall } from '../call.ts';
import type { World } from '../deployment/world.ts';
import type { Route } from '../route.ts';
import { mayStillWatch } from './may-still-watch.ts';
import { v2 } from './route.ts';
import { together } from './together.ts';
import { showContainer, showDeployment } from './shapes.ts';

const TOPICS = ['deployment', 'containers', 'logs'] as const;
type Topic = (typeof TOPICS)[number];

const query = z.object({
  topics: z
    .string()
    .default(TOPICS.join(','))
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(TOPICS)).min(1))
    .describe(`Some of ${TOPICS.join(', ')}, with commas; all when absent.`),
});

/** Also how often it is looked whether the caller may still watch. */
const SIGN_OF_LIFE_MS = 15_000;
/** Changes that come within this time make one event. */
const COALESCE_MS = 100;

export const eventRoutes: readonly Route[] = [
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/events',
    summary:
      'A stream of events: `deployment` and `containers` with the same JSON as their own paths, at first and after each ' +
      'change; `log` with {at, process, text} for each line that comes; `end` when the app is gone, the caller may not watch any more or this controller stops: then connect again.',
    query,
    produces: 'text/event-stream',
    handle: (call) =>
      Promise.resolve<Answer>({
        status: 200,
        headers: { 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no' },
        stream: {
          type: 'text/event-stream',
          body: Readable.from(events(call, call.query.topics)),
        },
      }),
  }),
];

type Watching = Pick<AppCall, 'services' | 'app' | 'authorization' | 'leaving' | 'signal'>;

/** Ends with the caller, the controller or the app; a store that is away ends it too, with the reason. */
async function* events(call: Watching, topics: readonly Topic[]): AsyncGenerator<string> {
  const over = new AbortController();
  const ends = AbortSignal.any([call.signal, call.leaving, over.signal]);
  yield ': here\n\n';
  try {
    const sources = [changes(call, topics, ends)];
    if (topics.includes('logs')) sources.push(lines(call, ends));
    yield* together(sources);
    yield 'event: end\ndata: {}\n\n';
  } catch (error) {
    if (call.signal.aborted) return;
    const reason = call.leaving.aborted ? 'the controller stops' : toDeisError(error).message;
    yield `event: end\ndata: ${JSON.stringify({ reason })}\n\n`;
  } finally {
    over.abort();
  }
}

/** Lines of the app from now on. */
async function* lines(call: Watching, ends: AbortSignal): AsyncGenerator<string> {
  const query = { app: call.app.value.id, lines: 0 };
  for await (const { time, process, line } of call.services.logs.follow(query, ends)) {
    const at = new Date(Number(time) / 1000).toISOString();
    yield `event: log\ndata: ${JSON.stringify({ at, process, text: line })}\n\n`;
  }
  ends.throwIfAborted();
}

async function* changes(
  call: Watching,
  topics: readonly Topic[],
  ends: AbortSignal,
): AsyncGenerator<string> {
  const { services, app } = call;
  const { clock, world } = services;
  const { id, uuid } = app.value;
  const told = new Map<Topic, string>();
  let seen = '';
  let looked = clock.monotonic();
  for (;;) {
    const nap = new AbortController();
    const stop = world.onHint(() => nap.abort());
    try {
      // The store is asked only when the copies at hand say that something of this app changed.
      const now = world.fingerprint(id);
      if (now !== seen) {
        const snapshot = await readApp(services.registry, id, ends);
        if (snapshot?.app.value.uuid !== uuid) return;
        yield* news(snapshot, world, topics, told);
        seen = now;
      }
      await pause(clock, SIGN_OF_LIFE_MS, ends, nap.signal);
    } finally {
      stop();
    }
    if (clock.monotonic() - looked >= SIGN_OF_LIFE_MS) {
      looked = clock.monotonic();
      if (!(await mayStillWatch(call, ends))) return;
      yield ': still here\n\n';
    }
    await pause(clock, COALESCE_MS, ends);
  }
}

/** Events of the topics that look different from what was told before. */
function* news(
  snapshot: AppSnapshot,
  world: World,
  topics: readonly Topic[],
  told: Map<Topic, string>,
): Generator<string> {
  const deployment = snapshot.deployment?.value;
  for (const topic of topics) {
    if (topic === 'logs' || (topic === 'deployment' && !deployment)) continue;
    const data = JSON.stringify(
      topic === 'deployment' && deployment
        ? showDeployment(deployment)
        : containersOf(snapshot, world).map(showContainer),
    );
    if (told.get(topic) === data) continue;
    told.set(topic, data);
    yield `event: ${topic}\nid: ${snapshot.revision}\ndata: ${data}\n\n`;
  }
}

/** Until the time is over or `nap` aborts; throws when `ends` aborts. */
async function pause(
  clock: Clock,
  ms: number,
  ends: AbortSignal,
  nap: AbortSignal = ends,
): Promise<void> {
  try {
    await clock.sleep(ms, AbortSignal.any([ends, nap]));
  } catch (error) {
    if (!nap.aborted) throw error;
  }
  ends.throwIfAborted();
}
