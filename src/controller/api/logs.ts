// An app's recent lines from all machines, with what the controller did to it between them (reference §1.7, §7.4).

import { Readable } from 'node:stream';
import { z } from 'zod';
import type { History } from '../../model/app.ts';
import type { LogLine } from '../../ports/log-store.ts';
import { keys } from '../../registry/keys.ts';
import type { Answer, AppCall } from '../call.ts';
import { type Route, onApp } from '../route.ts';
import { mayStillWatch } from '../v2/may-still-watch.ts';
import { v2 } from '../v2/route.ts';
import { wireDate } from '../wire/dates.ts';

export const logRoutes: readonly Route[] = [onApp('GET', '/apps/:id/logs', recent)];

const DEFAULT_LINES = 1000;
const MOST_LINES = 100_000;
/** Also how often it is looked whether the caller may still watch, ms. */
const SIGN_OF_LIFE_MS = 15_000;
/** The process under which the logger keeps what we told. */
const TELLER = 'deis-controller';

export const logStreamRoutes: readonly Route[] = [
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/logs/stream',
    summary:
      'The last lines, then those that come. An empty line now and then is a sign of life. It ends when the app is gone, the ' +
      'caller may not watch any more or this controller stops: then connect again.',
    query: z.object({
      log_lines: z.coerce
        .number()
        .int()
        .min(0)
        .max(MOST_LINES)
        .default(100)
        .describe('Lines at first; 100 when absent.'),
    }),
    produces: 'text/plain; charset=utf-8',
    handle: (call) =>
      Promise.resolve<Answer>({
        status: 200,
        headers: { 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no' },
        stream: {
          type: 'text/plain; charset=utf-8',
          body: Readable.from(stream(call, call.query.log_lines)),
        },
      }),
  }),
];

async function recent({ services, app, url, signal }: AppCall): Promise<Answer> {
  const { id } = app.value;
  const lines = askedLines(url.searchParams.get('log_lines'));
  const [history, said] = await Promise.all([
    services.registry.get(keys.histories, [id], signal),
    services.logs.recent({ app: id, lines }, signal),
  ]);
  const merged = merge(app.value, history?.value, said).slice(-lines);
  if (merged.length === 0) return { status: 204 };
  return { status: 200, text: merged.join('\n') };
}

function askedLines(text: string | null): number {
  const number = /^[0-9]{1,6}$/.test(text ?? '') ? Number(text) : DEFAULT_LINES;
  return Math.min(Math.max(1, number), MOST_LINES);
}

interface Told {
  /** Microseconds since the epoch. */
  time: number;
  process: string;
  text: string;
}

/** `<time> <app>[<process>]: <text>`, oldest first. What an app of this name said before this one was created is not its. */
function merge(
  { id, created }: { id: string; created: string },
  history: History | undefined,
  said: readonly LogLine[],
): string[] {
  const told = (history?.lines ?? []).map(({ at, text }): Told => ({
    time: Date.parse(at) * 1000,
    process: TELLER,
    text,
  }));
  // The logger has the older part of what we told, and perhaps not yet the newest.
  const since = Math.min(...told.map(({ time }) => time));
  const began = Date.parse(created) * 1000;
  const others = said
    .map(({ time, process, line }): Told => ({ time: Number(time), process, text: line }))
    .filter(({ time, process }) => time >= began && (process !== TELLER || time < since));
  return inOrder(others, told).flatMap((line) => shown(id, line));
}

/** Both are in their own order already; that of containers is kept, whatever their times say. */
function inOrder(lines: readonly Told[], told: readonly Told[]): Told[] {
  const merged: Told[] = [];
  let next = 0;
  for (const line of lines) {
    while (next < told.length && told[next]!.time <= line.time) merged.push(told[next++]!);
    merged.push(line);
  }
  return [...merged, ...told.slice(next)];
}

function shown(app: string, { time, process, text }: Told): string[] {
  const at = wireDate(new Date(time / 1000).toISOString());
  return text.split('\n').map((part) => `${at} ${app}[${process}]: ${part}`);
}

type Watching = Pick<AppCall, 'services' | 'app' | 'authorization' | 'leaving' | 'signal'>;

/** Ends with the caller, the controller, the right to watch, or the logger. */
async function* stream(call: Watching, lines: number): AsyncGenerator<string> {
  const { services, app } = call;
  const stop = new AbortController();
  const ends = AbortSignal.any([call.signal, call.leaving, stop.signal]);
  const { id, created } = app.value;
  const began = Date.parse(created) * 1000;
  const source = services.logs.follow({ app: id, lines }, ends)[Symbol.asyncIterator]();
  let next = source.next();
  try {
    yield '\n';
    for (;;) {
      const first = await orSilence(next, services.clock, ends);
      if (first === 'silence') {
        if (!(await mayStillWatch(call, ends))) return;
        yield '\n';
        continue;
      }
      if (first.done) return;
      next = source.next();
      const { time, process, line } = first.value;
      if (Number(time) < began) continue;
      yield shown(id, { time: Number(time), process, text: line })
        .map((text) => `${text}\n`)
        .join('');
    }
  } catch (error) {
    if (!ends.aborted) services.log.info('log stream broke', { app: id, error: String(error) });
  } finally {
    stop.abort();
    await next.catch(() => undefined);
  }
}

async function orSilence<T>(
  next: Promise<T>,
  clock: AppCall['services']['clock'],
  signal: AbortSignal,
): Promise<T | 'silence'> {
  const nap = new AbortController();
  const sleep = clock.sleep(SIGN_OF_LIFE_MS, AbortSignal.any([signal, nap.signal]));
  const silence = sleep.then(() => 'silence' as const);
  silence.catch(() => undefined);
  try {
    return await Promise.race([next, silence]);
  } finally {
    nap.abort();
  }
}
