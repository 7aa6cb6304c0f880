// POST /v2/apps/<id>/run: the connection becomes a stream of frames between a client and the machine that runs its command.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { FrameStream } from '../../adapters/frame-stream.ts';
import { VERSION_HEADERS } from '../../model/api-version.ts';
import { jsonPayload, parsePayload } from '../../model/frames.ts';
import { DeisError } from '../../model/errors.ts';
import { FRAME, RUN_PROTOCOL, type RunRequest, failurePayload } from '../../model/run.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import type { AppCall } from '../call.ts';
import { withApp, withUser } from '../route.ts';
import { mayUse } from '../rules/access.ts';
import type { Services } from '../services.ts';
import { forbidden, notFound, toWireError } from '../wire/errors.ts';
import { reasonPhrase } from '../wire/reason-phrase.ts';
import { chosenRequestId } from '../wire/request-id.ts';
import { CORS_HEADERS, REQUEST_ID_HEADER } from '../wire/versions.ts';
import { relay } from './relay.ts';
import { startRun } from './start.ts';

const PATH = /^\/v2\/apps\/([a-z0-9-]+)\/run\/?$/;
/** A first frame must come so soon, ms. */
const FIRST_FRAME_MS = 10_000;

const side = z.number().int().min(1).max(10_000);
const requestSchema = z.object({
  command: z.string().min(1).max(100_000),
  stdin: z.boolean().default(false),
  terminal: z
    .object({ columns: side, rows: side, term: z.string().max(64).default('xterm') })
    .optional(),
  detach: z.boolean().default(false),
}) as z.ZodType<RunRequest>;

/** Handed to the server: every other wish to upgrade is answered as if it had not been made. */
export function isRunUpgrade(request: IncomingMessage): boolean {
  return request.headers.upgrade === RUN_PROTOCOL;
}

/** `stopping` ends what still runs. */
export function acceptRuns(
  server: Server,
  services: Services,
  { stopping, leaving }: { stopping: AbortSignal; leaving: AbortSignal },
): void {
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const requestId = chosenRequestId(request.headers['x-request-id']);
    const gone = new AbortController();
    socket.once('close', () => gone.abort(new DeisError('unavailable', 'The caller went away.')));
    const log = services.log.with({ request: requestId });
    const call = {
      services: { ...services, log },
      requestId,
      signal: AbortSignal.any([gone.signal, stopping]),
      leaving,
    };
    void serve(call, { request, socket, head }).catch((error: unknown) => {
      refuse(log, socket, error, requestId);
    });
  });
}

interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

type Beginning = Pick<AppCall, 'services' | 'requestId' | 'signal' | 'leaving'>;

/** Throws while nothing has been answered yet; afterwards all is told in frames. */
async function serve(beginning: Beginning, { request, socket, head }: Upgrade): Promise<void> {
  const call = await appCall(beginning, request);
  const answer = ['HTTP/1.1 101 Switching Protocols', ...headerLines(call.requestId)];
  socket.write([...answer, 'Connection: Upgrade', `Upgrade: ${RUN_PROTOCOL}`, '', ''].join('\r\n'));
  const client = new FrameStream(socket, { head });
  const { log } = call.services;
  try {
    const wish = await firstFrame(client);
    const { channel, container } = await startRun(
      call,
      wish,
      (text) => void client.send(FRAME.status, jsonPayload({ text })),
      call.signal,
    );
    log.info('run started', { app: call.app.value.id, container });
    await client.send(FRAME.started, jsonPayload({ container }));
    await relay(client, channel, call.signal);
  } catch (error) {
    await client.send(FRAME.failure, failurePayload(problemOf(error)));
    await client.end();
  }
}

async function appCall(beginning: Beginning, request: IncomingMessage): Promise<AppCall> {
  const id = PATH.exec(request.url ?? '')?.[1];
  if (id === undefined || request.method !== 'POST') throw notFound();
  const call = await withApp(
    await withUser({
      ...beginning,
      method: 'POST',
      url: new URL(request.url!, 'http://localhost'),
      params: { id },
      body: undefined,
      authorization: request.headers.authorization,
      header: (name) => [request.headers[name]].flat()[0],
      from: [request.headers['x-forwarded-for']].flat()[0] ?? '',
    }),
  );
  if (!mayUse(call.role, 'POST')) throw forbidden();
  return call;
}

async function firstFrame(client: FrameChannel): Promise<RunRequest> {
  const timer = setTimeout(() => client.destroy(), FIRST_FRAME_MS);
  try {
    const frame = await client.next();
    if (frame?.kind !== FRAME.start) throw new DeisError('invalid', 'The request is missing.');
    const parsed = requestSchema.safeParse(parsePayload(frame));
    if (parsed.success) return parsed.data;
    throw new DeisError('invalid', z.prettifyError(parsed.error));
  } finally {
    clearTimeout(timer);
  }
}

function problemOf(error: unknown): DeisError {
  if (error instanceof DeisError && error.code !== 'internal') return error;
  const { wire } = toWireError(error);
  const text = Object.values(wire.body).flat().join('\n');
  return new DeisError(wire.status === 400 ? 'invalid' : 'refused', text);
}

function refuse(log: Services['log'], socket: Duplex, error: unknown, requestId: string): void {
  const { wire, internal } = toWireError(error);
  if (internal) log.error('run failed', { error: internal.message, stack: internal.stack ?? '' });
  const { status, body, headers } = wire;
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${reasonPhrase(status)}`,
    ...headerLines(requestId),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  socket.end([...lines, '', text].join('\r\n'));
}

function headerLines(requestId: string): string[] {
  const all = { ...VERSION_HEADERS, ...CORS_HEADERS, [REQUEST_ID_HEADER]: requestId };
  return Object.entries(all).map(([name, value]) => `${name}: ${value}`);
}
