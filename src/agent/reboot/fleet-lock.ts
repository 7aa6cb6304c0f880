// The door at which the system's own updater asks before it reboots (Zincati's FleetLock protocol), on this machine's loopback only:
// whoever asks there means this machine.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { listenOn } from '../../adapters/listen-on.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Reboots } from './reboots.ts';

export interface FleetLockOptions {
  reboots: Pick<Reboots, 'prepare' | 'settle'>;
  port: number;
  clock: Clock;
  log: Log;
}

const asked = z.object({ client_params: z.object({ id: z.string(), group: z.string() }) });
const MOST_BYTES = 10_000;

type Act = (reboots: FleetLockOptions['reboots'], signal: AbortSignal) => Promise<void>;

const ACTS: Record<string, Act> = {
  // A lock that this machine has already is granted again.
  '/v1/pre-reboot': async (reboots, signal) => {
    for await (const _ of reboots.prepare({ by: 'system', waits: false }, signal));
  },
  '/v1/steady-state': (reboots, signal) => reboots.settle(signal),
};

/** Serves until the signal aborts; `onListening` is told the port. */
export async function serveFleetLock(
  options: FleetLockOptions,
  signal: AbortSignal,
  onListening: (port: number) => void = () => undefined,
): Promise<void> {
  const { port, clock, log } = options;
  const server = createServer(
    (request, response) => void answer(options, request, response, signal),
  );
  // Emptying a machine takes minutes.
  server.requestTimeout = 0;
  const at = { host: '127.0.0.1', port, door: 'updates', clock, log };
  await listenOn(server, at, signal, onListening);
}

async function answer(
  { reboots, log }: FleetLockOptions,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the updater hung up')));
  const say = (status: number, body: object): void => {
    if (response.destroyed) return;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  try {
    const act = actOf(request);
    const parsed = asked.safeParse(JSON.parse((await bodyOf(request)) || 'null'));
    if (!parsed.success) throw new DeisError('invalid', z.prettifyError(parsed.error));
    await act(reboots, AbortSignal.any([signal, gone.signal]));
    say(200, {});
  } catch (error) {
    const invalid = error instanceof SyntaxError;
    const { code, message } = toDeisError(error);
    log.info('update has to wait', { path: request.url ?? '', reason: message });
    const status = { invalid: 400, 'not-found': 404, conflict: 409, unavailable: 503 }[
      code as string
    ];
    say(invalid ? 400 : (status ?? 500), {
      kind: invalid ? 'invalid' : code.replaceAll('-', '_'),
      value: message,
    });
  }
}

function actOf(request: IncomingMessage): Act {
  const path = (request.url ?? '').replace(/\/$/, '');
  const act = Object.hasOwn(ACTS, path) ? ACTS[path] : undefined;
  if (!act || request.method !== 'POST') {
    throw new DeisError('not-found', `There is no ${request.method} ${path}.`);
  }
  if (request.headers['fleet-lock-protocol'] !== 'true') {
    throw new DeisError('invalid', 'The header fleet-lock-protocol is missing.');
  }
  return act;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MOST_BYTES) throw new DeisError('invalid', 'The request is too long.');
  }
  return text;
}
