// A command on a machine with this process's own streams: a terminal where there is one, pipes otherwise.

import type { ClientChannel } from 'ssh2';
import type { SshConnection } from '../../adapters/ssh-client.ts';
import { terminalSize } from '../client/run-terminal.ts';

/** Without a command: a login shell. Resolves to its exit status; 255 when the connection broke. */
export async function converse(
  machine: SshConnection,
  command: string | undefined,
  onTerminal: boolean,
  signal: AbortSignal,
): Promise<number> {
  const terminal = onTerminal
    ? { term: process.env['TERM'] ?? 'xterm', ...terminalSize() }
    : undefined;
  const { channel, ended } = await machine.start(command, terminal);
  const abort = (): void => machine.close();
  signal.addEventListener('abort', abort, { once: true });
  const undo = onTerminal ? bindTerminal(channel) : () => undefined;
  channel.pipe(process.stdout, { end: false });
  channel.stderr.pipe(process.stderr, { end: false });
  process.stdin.on('error', () => channel.end());
  process.stdin.pipe(channel);
  try {
    const status = await ended;
    signal.throwIfAborted();
    return status;
  } finally {
    signal.removeEventListener('abort', abort);
    undo();
    process.stdin.unpipe(channel);
    process.stdin.destroy();
  }
}

/** Whether a person sits at both ends. */
export function atTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

function bindTerminal(channel: ClientChannel): () => void {
  const resize = (): void => {
    const { columns, rows } = terminalSize();
    channel.setWindow(rows, columns, 0, 0);
  };
  process.stdin.setRawMode(true);
  process.stdout.on('resize', resize);
  return () => {
    process.stdout.off('resize', resize);
    process.stdin.setRawMode(false);
  };
}
