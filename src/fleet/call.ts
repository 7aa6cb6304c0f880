// One request as handlers see it, and what they answer.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Registry } from '../registry/registry.ts';
import { encodeJson } from './go-text.ts';
import { FleetRefusal } from './refusal.ts';
import type { Sight } from './sight.ts';
import type { SchedulerMeter } from '../ports/scheduler-meter.ts';

/** What all handlers work with. */
export interface Services {
  registry: Registry;
  sight: Sight;
  meter: SchedulerMeter;
  clock: Clock;
  log: Log;
}

export interface Call {
  method: string;
  /** The last segment of a path such as /units/NAME, decoded. */
  item: string;
  query: URLSearchParams;
  /** Values of the header `Content-Type`, as many as were sent. */
  contentTypes: readonly string[];
  /** Throws FleetRefusal 413. */
  body(): Promise<string>;
}

export interface Answer {
  status: number;
  /** Absent: no `Content-Type` either, unless `type` says so. */
  body?: string;
  type?: string;
}

export type Handler = (call: Call, services: Services, signal: AbortSignal) => Promise<Answer>;

const JSON_TYPE = 'application/json';

export function json(value: unknown): Answer {
  return { status: 200, type: JSON_TYPE, body: encodeJson(value) };
}

export function refusal(status: number, message: string): Answer {
  return { status, type: JSON_TYPE, body: encodeJson({ error: { code: status, message } }) };
}

export function only(verbs: string): FleetRefusal {
  return new FleetRefusal(405, `only ${verbs} supported against this resource`);
}

/** A list under its name; empty ones are left out, so a list of nothing is `{}`. */
export function list(name: string, page: { items: unknown[]; nextPageToken?: string }): Answer {
  const { items, nextPageToken } = page;
  return json({
    ...(name < 'nextPageToken' && items.length > 0 && { [name]: items }),
    ...(nextPageToken !== undefined && { nextPageToken }),
    ...(name > 'nextPageToken' && items.length > 0 && { [name]: items }),
  });
}
