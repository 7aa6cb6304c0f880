// What a machine answers over its API. To add an answer: a row in ROUTES, a method of MachineClient.

import { z } from 'zod';
import type { DiskReport } from '../../model/disk-report.ts';
import type { Examination } from '../../model/examination.ts';
import { toDeisError } from '../../model/errors.ts';
import type { MachineLoad } from '../../model/machine-load.ts';
import type { RebootNews, RebootTurn } from '../../model/reboot.ts';
import type { UnitState } from '../../model/unit.ts';
import type { LogStore } from '../../ports/log-store.ts';

export interface ApiSources {
  logs: LogStore;
  /** What this machine reports of its units now, by unit name. */
  unitStates: () => Record<string, UnitState>;
  /** How busy this machine is, and what its units use. */
  load: () => Promise<MachineLoad>;
  /** What lies on this machine's disks. */
  disk: (signal: AbortSignal) => Promise<DiskReport>;
  /** What it finds when it examines itself; `targets` are `ip:port` that it should reach. */
  examine: (targets: readonly string[], signal: AbortSignal) => Promise<Examination>;
  /** Empties this machine before it is shut down, telling what it waits for; and takes that back. */
  leave: (signal: AbortSignal) => AsyncIterable<string>;
  stay: () => void;
  /** Empties and reboots this machine in its turn, telling what it waits for. A refusal is thrown, and all is as it was. */
  reboot: (by: RebootTurn['by'], signal: AbortSignal) => AsyncIterable<string>;
}

export interface Answer {
  type: 'application/json' | 'application/x-ndjson' | 'text/plain; charset=utf-8';
  body: string | AsyncIterable<string>;
}

type Route = (
  sources: ApiSources,
  query: Record<string, string>,
  signal: AbortSignal,
) => Promise<Answer> | Answer;

const text = z.string();
const lines = z.coerce.number().int().min(1).max(10_000);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

const release = z.coerce.number().int().positive();
const logQuery = z.object({
  app: text,
  process: text.optional(),
  release: release.optional(),
  lines: lines.default(100),
});
const journalQuery = z.object({
  unit: text,
  lines: lines.default(40),
  follow: flag.default(false),
});
const rebootQuery = z.object({ by: z.enum(['operator', 'system']) });
const unitQuery = z.object({ unit: text });
/** Addresses with commas between them, in a query that stays below the longest header. */
const examinationQuery = z.object({
  targets: text
    .max(12_000)
    .regex(/^(?:[0-9.]+:[0-9]+(?:,|$))*$/)
    .default(''),
});

const plain = 'text/plain; charset=utf-8' as const;

/** Asked with POST. */
export const ORDERS: Record<string, Route> = {
  '/v1/leave': ({ leave }, _query, signal) => ({ type: plain, body: leave(signal) }),
  '/v1/stay': ({ stay }) => {
    stay();
    return { type: plain, body: 'this machine stays\n' };
  },
  '/v1/reboot': ({ reboot }, query, signal) => ({
    type: 'application/x-ndjson',
    body: jsonLines(toldToEnd(reboot(rebootQuery.parse(query).by, signal), signal)),
  }),
};

/** Asked with GET. */
export const ROUTES: Record<string, Route> = {
  '/healthz': () => ({ type: 'application/json', body: '{"ok":true}\n' }),

  '/v1/logs': async ({ logs }, query, signal) => {
    const { app, process, release: number, lines: count } = logQuery.parse(query);
    const asked = {
      app,
      lines: count,
      ...(process !== undefined && { process }),
      ...(number !== undefined && { release: number }),
    };
    const found = await logs.recent(asked, signal);
    return { type: 'application/x-ndjson', body: jsonLines(found) };
  },

  '/v1/journal': ({ logs }, query, signal) => ({
    type: 'text/plain; charset=utf-8',
    body: logs.journal(journalQuery.parse(query), signal),
  }),

  '/v1/status': async ({ logs }, query, signal) => ({
    type: 'text/plain; charset=utf-8',
    body: await logs.status(unitQuery.parse(query).unit, signal),
  }),

  '/v1/disk': async ({ disk }, _query, signal) => ({
    type: 'application/json',
    body: `${JSON.stringify(await disk(signal))}\n`,
  }),

  '/v1/examination': async ({ examine }, query, signal) => {
    const { targets } = examinationQuery.parse(query);
    const found = await examine(targets.split(',').filter(Boolean), signal);
    return { type: 'application/json', body: `${JSON.stringify(found)}\n` };
  },

  '/v1/load': async ({ load }) => ({
    type: 'application/json',
    body: `${JSON.stringify(await load())}\n`,
  }),

  '/v1/unit-states': ({ unitStates }) => ({
    type: 'application/json',
    body: `${JSON.stringify(unitStates())}\n`,
  }),
};

/** A line at a time: ten thousand lines need not stand in memory twice. */
async function* jsonLines(
  values: Iterable<object> | AsyncIterable<object>,
): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`;
}

/** A refusal comes after lines that were sent: it is the last one. */
async function* toldToEnd(
  lines: AsyncIterable<string>,
  signal: AbortSignal,
): AsyncGenerator<RebootNews> {
  try {
    for await (const line of lines) yield { kind: 'progress', text: line.trimEnd() };
    yield { kind: 'granted' };
  } catch (error) {
    if (signal.aborted) throw error;
    const { code, message, hint } = toDeisError(error);
    if (code === 'internal') throw error;
    yield { kind: 'refused', problem: message, hint };
  }
}
