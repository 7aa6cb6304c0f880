// This process's own streams as the ends of a run: a terminal in raw mode, or pipes.

import type { Run, RunEnds } from './run-stream.ts';
import { writeAll } from './write-all.ts';

export interface Ends {
  ends: RunEnds;
  /** Ties signals and sizes to the run; answers how to undo all of it. */
  bind: (run: Run) => () => void;
}

/** Input is sent unless it is a terminal: only `--tty` hands one over. */
export function processEnds(tty: boolean, tell: (text: string) => void): Ends {
  const sendsInput = tty || !process.stdin.isTTY;
  return {
    ends: {
      ...(sendsInput && { input: process.stdin }),
      stdout: (data) => writeAll(1, data),
      stderr: (data) => writeAll(2, data),
      status: tell,
      started: () => {
        if (tty) process.stdin.setRawMode(true);
      },
    },
    bind: (run) => (tty ? bindTerminal(run) : bindSignals(run)),
  };
}

export function terminalSize(): { columns: number; rows: number } {
  const { columns, rows } = process.stdout;
  return { columns: columns || 80, rows: rows || 24 };
}

function bindTerminal(run: Run): () => void {
  const resize = (): void => run.resize(terminalSize());
  process.stdout.on('resize', resize);
  return () => {
    process.stdout.off('resize', resize);
    process.stdin.setRawMode(false);
    process.stdin.destroy();
  };
}

/** The first Ctrl-C is the command's; a second one ends this program, and with it the run: see interrupt.ts. */
function bindSignals(run: Run): () => void {
  const signals = { SIGINT: 'INT', SIGTERM: 'TERM', SIGHUP: 'HUP' } as const;
  const handlers = Object.entries(signals).map(([name, sent]) => {
    const handler = (): void => run.signal(sent);
    process.on(name, handler);
    return [name, handler] as const;
  });
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
    process.stdin.destroy();
  };
}
