// A terminal that a person sits at: tmux with one shell in it, whose prompt is `outside> `.

import { execa } from 'execa';
import type { Test } from 'tap';
import { eventually } from './platform.ts';

export interface Terminal {
  /** Text and Enter. */
  types: (text: string) => Promise<void>;
  /** A key by tmux's name for it: `C-c`. */
  presses: (key: string) => Promise<void>;
  /** Waits until the screen looks so. */
  shows: (pattern: RegExp) => Promise<string>;
  resize: (columns: number, rows: number) => Promise<void>;
}

export const OUTSIDE = /(^|\n)outside>\s*$/;

/** 100 × 30. */
export async function terminal(t: Test, home: string): Promise<Terminal> {
  const socket = `deis-test-${process.pid}`;
  const env = { HOME: home };
  const tmux = async (...args: string[]): Promise<string> =>
    (await execa('tmux', ['-L', socket, '-f', '/dev/null', ...args], { env })).stdout;
  await tmux('new-session', '-d', '-x', '100', '-y', '30', '-s', 's', "PS1='outside> ' sh");
  t.teardown(() => tmux('kill-server'));
  const on: Terminal = {
    types: async (text) => void (await tmux('send-keys', '-t', 's', text, 'Enter')),
    presses: async (key) => void (await tmux('send-keys', '-t', 's', key)),
    shows: (pattern) =>
      eventually(`the terminal shows ${pattern}`, 60, async () => {
        const text = await tmux('capture-pane', '-p', '-t', 's');
        return pattern.test(text) && text;
      }),
    resize: async (columns, rows) =>
      void (await tmux('resize-window', '-t', 's', '-x', String(columns), '-y', String(rows))),
  };
  await on.shows(OUTSIDE);
  return on;
}
