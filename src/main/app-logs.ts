// An app's lines: from the logger, or, when there is none, from the journals of all machines.

import type { LoggerClient } from '../adapters/logger-client.ts';
import type { MachineClient } from '../adapters/machine-client.ts';
import { isDeisError, toDeisError } from '../model/errors.ts';
import type { AppLogs } from '../ports/app-logs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LogLine, LogQuery } from '../ports/log-store.ts';
import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';

export interface AppLogsOptions {
  registry: Registry;
  machines: MachineClient;
  logger: LoggerClient;
  clock: Clock;
  log: Log;
}

/** A machine that does not answer in time is left out, ms. */
const PATIENCE_MS = 2000;
/** The same when somebody has to learn why a release failed: nobody else knows its lines. */
const PATIENCE_FOR_WHY_MS = 5000;
/** Journals are asked so often when lines are followed without a logger, ms. */
const ASK_AGAIN_MS = 1000;
/** A machine's answer is no longer. */
const MOST_FROM_JOURNALS = 10_000;
const GROUP = 'deis-logger';

export function appLogs(options: AppLogsOptions): AppLogs {
  const { logger, log } = options;
  return {
    async recent(query, signal) {
      // What one release said is asked for when it has just failed: only its machine has heard it yet.
      const address = query.release === undefined ? await loggerOf(options, signal) : undefined;
      if (address === undefined) return fromJournals(options, query, signal);
      try {
        const lines: LogLine[] = [];
        for await (const line of logger.logs(address, query, false, signal)) lines.push(line);
        return lines;
      } catch (error) {
        signal.throwIfAborted();
        log.warn('journals read instead of the logger', { error: toDeisError(error).message });
        return fromJournals(options, query, signal);
      }
    },

    async *follow(query, signal) {
      const address = await loggerOf(options, signal);
      if (address === undefined) yield* followJournals(options, query, signal);
      else yield* logger.logs(address, query, true, signal);
    },

    async drains(app, signal) {
      const address = await loggerOf(options, signal);
      try {
        return address === undefined ? undefined : await logger.drains(address, app, signal);
      } catch (error) {
        if (isDeisError(error, 'unavailable')) return undefined;
        throw error;
      }
    },
  };
}

async function loggerOf(
  { registry }: AppLogsOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { items } = await registry.list(keys.services, [GROUP], signal);
  return items[0]?.value;
}

async function fromJournals(
  { registry, machines, log }: AppLogsOptions,
  query: LogQuery,
  signal: AbortSignal,
): Promise<LogLine[]> {
  const { items } = await registry.list(keys.machines, [], signal);
  const patience = query.release === undefined ? PATIENCE_MS : PATIENCE_FOR_WHY_MS;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const lines = Math.min(query.lines, MOST_FROM_JOURNALS);
  const answers = await Promise.all(
    items.map(async ({ value }): Promise<LogLine[]> => {
      try {
        return await machines.logs(value.api, { ...query, lines }, limit);
      } catch (error) {
        signal.throwIfAborted();
        const { message } = toDeisError(error);
        log.warn('machine left out of logs', { machine: value.name, error: message });
        return [];
      }
    }),
  );
  return inOrder(answers.flat()).slice(-query.lines);
}

/** Asks again and again; a line that was given out is known by its place in its journal. */
async function* followJournals(
  options: AppLogsOptions,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  let known = new Set<string>();
  for (let lines = query.lines; ; lines = MOST_FROM_JOURNALS) {
    const first = known.size === 0;
    const found = await fromJournals(options, { ...query, lines: Math.max(lines, 1) }, signal);
    for (const line of found)
      if (!known.has(line.cursor) && (!first || query.lines > 0)) yield line;
    known = new Set([...found.map(({ cursor }) => cursor), '']);
    await options.clock.sleep(ASK_AGAIN_MS, signal);
  }
}

/** Lines of one machine keep their order: its journal knows it, and the sort is stable. */
function inOrder(lines: LogLine[]): LogLine[] {
  return lines.toSorted(
    (a, b) => a.time.length - b.time.length || (a.time < b.time ? -1 : a.time > b.time ? 1 : 0),
  );
}
