// The builder's way to controllers: by their own record in the store, past one that does not answer; over mutual TLS.

import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { z } from 'zod';
import { type AskerTls, askedWith } from './tls-beside-plain.ts';
import { DeisError, type ErrorCode, toDeisError } from '../model/errors.ts';
import type {
  BuildReport,
  ControllerHooks,
  Pusher,
  PushReport,
} from '../ports/controller-hooks.ts';

export interface HookNeeds {
  /** `host:port` of every controller that is published now. */
  controllers(signal: AbortSignal): Promise<string[]>;
  /** The secret that builders and controllers share. */
  builderKey(signal: AbortSignal): Promise<string>;
  /** What the builder shows; left out only in tests. */
  tls?: AskerTls;
}

/** A controller that does not even take the connection in this time is left for another, ms. */
const CONNECT_MS = 2000;
const QUICK_MS = 15_000;
/** A deployment has a deadline of its own, which is sooner. */
const DEPLOY_MS = 30 * 60_000;
const LARGEST_ANSWER = 4 * 1024 * 1024;

interface Asked {
  path: string;
  body: object;
  patience: number;
}

interface Answer {
  status: number;
  body: string;
}

export function controllerHooks(needs: HookNeeds): ControllerHooks {
  const ask = (asked: Asked, signal: AbortSignal) => askAnyOf(needs, asked, signal);
  return {
    async config(pusher, signal) {
      const asked = { path: 'config', body: named(pusher), patience: QUICK_MS };
      return read(configAnswer, await ask(asked, signal)).values;
    },
    async push(report, signal) {
      await ask({ path: 'push', body: pushBody(report), patience: QUICK_MS }, signal);
    },
    async build(report, signal) {
      const asked = { path: 'build', body: buildBody(report), patience: DEPLOY_MS };
      const { release, domains } = read(buildAnswer, await ask(asked, signal));
      return { version: release.version, domains };
    },
  };
}

const configAnswer = z.object({ values: z.record(z.string(), z.coerce.string()) });
const buildAnswer = z.object({
  release: z.object({ version: z.number().int() }),
  domains: z.array(z.string()),
});

function named({ user, app }: Pusher): object {
  return { receive_user: user, receive_repo: app };
}

function pushBody({ sha, fingerprint, connection, command, ...pusher }: PushReport): object {
  const ssh = { ssh_connection: connection, ssh_original_command: command };
  return { ...named(pusher), sha, fingerprint, ...ssh };
}

function buildBody({ user, app, ...rest }: BuildReport): object {
  return { ...named({ user, app }), ...rest };
}

function read<T>(schema: z.ZodType<T>, { body }: Answer): T {
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  throw new DeisError('internal', 'The controller answered something that is not understood.');
}

/** The first controller that takes the connection is the one: what it was sent, it may have done. */
async function askAnyOf(needs: HookNeeds, asked: Asked, signal: AbortSignal): Promise<Answer> {
  const addresses = await needs.controllers(signal);
  const key = await needs.builderKey(signal);
  for (const address of addresses) {
    const answer = await askOne(address, key, needs.tls, asked, signal);
    if (answer === undefined) continue;
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusal(answer);
  }
  throw new DeisError(
    'unavailable',
    'No controller answers.',
    'Look at `deisctl list`, then push again.',
  );
}

/** Undefined: it could not be reached, so it knows of nothing. */
function askOne(
  address: string,
  key: string,
  tls: AskerTls | undefined,
  { path, body, patience }: Asked,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>();
  const text = JSON.stringify(body);
  let connected = false;
  const options = {
    method: 'POST',
    agent: false,
    signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'x-deis-builder-auth': key,
    },
  };
  const page = `${address}/v1/hooks/${path}`;
  const asked = tls
    ? secure(`https://${page}`, { ...options, ...askedWith(tls, 'controller') })
    : plain(`http://${page}`, options);
  const late = setTimeout(() => asked.destroy(), CONNECT_MS);
  asked.on('socket', (socket) =>
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      connected = true;
      clearTimeout(late);
      // A long deployment says nothing; a controller whose machine lost power says nothing either.
      socket.setKeepAlive(true, 15_000);
      asked.end(text);
    }),
  );
  asked.on('error', (cause) => {
    clearTimeout(late);
    if (signal.aborted) reject(toDeisError(signal.reason));
    else if (!connected) resolve(undefined);
    else reject(brokenOff(cause));
  });
  asked.on('response', (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('error', (cause) => reject(brokenOff(cause)));
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > LARGEST_ANSWER) asked.destroy();
      else chunks.push(chunk);
    });
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
    );
  });
  return promise;
}

function brokenOff(cause: Error): DeisError {
  return new DeisError(
    'unavailable',
    'The connection to the controller broke off.',
    'What it was asked for may still happen: look at `deis releases`.',
    { cause },
  );
}

const CODES: Record<number, ErrorCode> = {
  400: 'invalid',
  401: 'internal',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  503: 'refused',
};

function refusal({ status, body }: Answer): DeisError {
  const code = CODES[status] ?? 'internal';
  return new DeisError(code, sentences(body) || `The controller answered ${status}.`);
}

/** `{"detail":"…"}`, `{"error":"…"}` and `{"image":["…"]}` as sentences (reference §1.3). */
function sentences(body: string): string {
  const json = parseJson(body);
  if (typeof json !== 'object' || json === null) return '';
  return Object.entries(json)
    .map(([field, said]) => {
      const text = Array.isArray(said) ? said.join(' ') : String(said);
      return ['detail', 'error', 'non_field_errors'].includes(field) ? text : `${field}: ${text}`;
    })
    .join(' ');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says that it is not understood
  }
}
