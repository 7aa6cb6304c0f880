// A request as a handler sees it, and what it answers: nothing of the web framework.

import type { Readable } from 'node:stream';
import type { App, User } from '../model/app.ts';
import type { Held } from '../registry/registry.ts';
import type { Role } from './rules/access.ts';
import type { Services } from './services.ts';

export interface Call {
  services: Services;
  method: string;
  /** Absolute. */
  url: URL;
  params: Readonly<Record<string, string>>;
  /** Parsed; undefined when there was none. */
  body: unknown;
  /** Value of the Authorization header. */
  authorization: string | undefined;
  /** Value of a header, its name in lower case; the first of several. */
  header(name: string): string | undefined;
  /** Address of the caller as the nearest router tells it. */
  from: string;
  /** Deis-Request-Id: in the answer and in each line of `services.log`. */
  requestId: string;
  /** Ends when the caller goes away or the controller stops. */
  signal: AbortSignal;
  /** Aborts as soon as the controller is told to stop: answers that never end by themselves must end then. */
  leaving: AbortSignal;
}

export interface UserCall extends Call {
  user: Held<User>;
}

export interface AppCall extends UserCall {
  app: Held<App>;
  role: Role;
}

/** A JSON body, or plain text, or a stream, or nothing at all. */
export interface Answer {
  status: number;
  json?: unknown;
  text?: string;
  /** `type`: media type. It is destroyed when the caller goes away. */
  stream?: { type: string; body: Readable };
  headers?: Record<string, string>;
}

export const ok = (json: unknown): Answer => ({ status: 200, json });
export const created = (json?: unknown): Answer => ({ status: 201, json });
export const noContent = (): Answer => ({ status: 204 });
