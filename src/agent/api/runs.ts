// The door for one-off containers: an upgraded connection whose first frame is the order.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { FrameStream } from '../../adapters/frame-stream.ts';
import { parsePayload } from '../../model/frames.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import { FRAME, RUN_PROTOCOL, type RunOrder, failurePayload } from '../../model/run.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import type { Log } from '../../ports/log.ts';
import { appProcess } from '../../registry/keys.ts';

export interface Runs {
  /** Speaks over the channel until the run is over. Throws before anything was begun. */
  serve(order: RunOrder, channel: FrameChannel, signal: AbortSignal): Promise<void>;
}

export const RUNS_PATH = '/v1/runs';

/** A first frame must come so soon, ms. */
const FIRST_FRAME_MS = 10_000;

const side = z.number().int().min(1).max(10_000);
const orderSchema = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  process: appProcess,
  stdin: z.boolean(),
  terminal: z.object({ columns: side, rows: side, term: z.string().max(64) }).optional(),
  detach: z.boolean(),
  logged: z.boolean().optional(),
  timeout: z.number().int().min(1),
}) as z.ZodType<RunOrder>;

export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

/** `check` throws for who may not ask. Resolves when the connection is over. */
export async function acceptRun(
  { runs, log }: { runs?: Runs; log: Log },
  { request, socket, head }: Upgrade,
  check: () => void,
  signal: AbortSignal,
): Promise<void> {
  socket.on('error', () => undefined);
  try {
    check();
    if (!runs || request.url !== RUNS_PATH || request.headers.upgrade !== RUN_PROTOCOL) {
      throw new DeisError('not-found', 'There is nothing to upgrade to.');
    }
  } catch (error) {
    refuse(socket, toDeisError(error));
    return;
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${RUN_PROTOCOL}\r\n\r\n`,
  );
  const channel = new FrameStream(socket, { head });
  try {
    await runs.serve(await orderOf(channel), channel, signal);
  } catch (error) {
    const problem = toDeisError(error);
    log.info('run refused', { code: problem.code, error: problem.message });
    await channel.send(FRAME.failure, failurePayload(problem));
    await channel.end();
  }
}

async function orderOf(channel: FrameChannel): Promise<RunOrder> {
  const timer = setTimeout(() => channel.destroy(), FIRST_FRAME_MS);
  try {
    const first = await channel.next();
    if (first?.kind !== FRAME.start) throw new DeisError('invalid', 'The order is missing.');
    const parsed = orderSchema.safeParse(parsePayload(first));
    if (parsed.success) return parsed.data;
    throw new DeisError('invalid', `The order is malformed: ${z.prettifyError(parsed.error)}`);
  } finally {
    clearTimeout(timer);
  }
}

function refuse(socket: Duplex, { code, message, hint }: DeisError): void {
  const status = code === 'forbidden' ? '403 Forbidden' : '404 Not Found';
  const body = JSON.stringify({ error: { code, message, hint } });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
