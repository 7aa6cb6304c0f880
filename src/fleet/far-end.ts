// The far end of `fleetctl --tunnel`: for each of its connections the client runs `fleetctl fd-forward /var/run/fleet.sock` on a machine,
// over SSH, and speaks HTTP through that program's standard streams. This is that program.

import { once } from 'node:events';
import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { VERSION } from '../model/version.ts';

export interface Streams {
  input: Readable;
  output: Writable;
  /** For what a person reads. */
  errors: Writable;
}

const ELSEWHERE = `This machine has only the far end of fleetctl's tunnel. Use fleetctl where you are:
  fleetctl --tunnel <this machine> list-units
or deisctl, which does all that fleetctl does and more. The API is at unix:///var/run/fleet.sock.
`;

/** `args` as fleetctl's own; resolves to the exit status. */
export async function farEnd(
  args: readonly string[],
  streams: Streams,
  signal: AbortSignal,
): Promise<number> {
  const [verb = '', ...rest] = args;
  if (['--version', '-version', 'version'].includes(verb)) {
    streams.output.write(`fleetctl version 1.0.0 (far end of deisd ${VERSION})\n`);
    return 0;
  }
  if (verb !== 'fd-forward') {
    const asked = ['', 'help', '--help', '-h'].includes(verb);
    streams.errors.write(asked ? ELSEWHERE : `fleetctl: no "${verb}" here. ${ELSEWHERE}`);
    return asked ? 0 : 2;
  }
  const [socket] = rest;
  if (socket === undefined || rest.length > 1) {
    streams.errors.write('Provide a single file to which stdin/stdout should be forwarded\n');
    return 1;
  }
  return await forward(socket, streams, signal);
}

/** Bytes both ways, until the socket's side has said everything or nobody listens to it any more. */
async function forward(
  path: string,
  { input, output, errors }: Streams,
  signal: AbortSignal,
): Promise<number> {
  const socket = connect({ path, allowHalfOpen: true });
  try {
    await once(socket, 'connect', { signal });
  } catch (error) {
    errors.write(`Failed dialing remote address: ${(error as Error).message}\n`);
    return 1;
  }
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  input.pipe(socket);
  socket.pipe(output, { end: false });
  // A client that hangs up is how every conversation ends; whatever breaks on its way there ends it too.
  output.once('error', () => resolve(0));
  input.once('error', () => socket.end());
  socket.once('error', () => resolve(1));
  // What it has said is on its way when this last nothing is.
  socket.once('end', () => output.write('', () => resolve(0)));
  signal.addEventListener('abort', () => resolve(1), { once: true });
  const status = await ended;
  socket.destroy();
  input.destroy();
  return status;
}
