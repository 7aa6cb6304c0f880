// One program of a run of the checks: started, watched, its TAP lines counted, what it said kept when it failed.

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

export const root = dirname(import.meta.dirname);
export const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

export interface Tally {
  passed: number;
  failed: number;
}

export interface Program {
  name: string;
  command: string;
  args: string[];
  /** `all`: every line as it comes; `failures`: what failed, and the end of it; `nothing`: it will be run again. */
  show?: 'all' | 'failures' | 'nothing';
  /** Seconds until it is killed and has failed. */
  limit?: number;
}

const started = performance.now();
const clockTime = (): string => {
  const seconds = Math.round((performance.now() - started) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
};
/** With the time since the run began. */
export const say = (text: string): void => console.log(`[${clockTime()}] ${text}`);

/** Counts TAP assertions of any depth; a program that ends badly counts as at least one failure. */
export async function runProgram(program: Program): Promise<Tally> {
  const { name, command, args, show = 'failures', limit } = program;
  const tally: Tally = { passed: 0, failed: 0 };
  const seen: string[] = [];
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
      // Hundreds of programs load the same modules: the first one compiles them.
      NODE_COMPILE_CACHE: join(root, '.tap', 'compiled'),
      // tap gives each test half a minute unless told otherwise.
      ...(limit !== undefined && { TAP_TIMEOUT: String(limit) }),
    },
  });
  const exit = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (status) => resolve(status ?? 1));
  });
  // Whoever it left behind may hold its output open.
  void exit.then(() => setTimeout(() => child.stdout.destroy(), 5000).unref());
  const timer = limit
    ? setTimeout(() => {
        seen.push(`# killed: not finished after ${limit} s`);
        child.kill('SIGKILL');
      }, limit * 1000)
    : undefined;
  child.stderr.on('data', (chunk: Buffer) => {
    seen.push(chunk.toString().trimEnd());
    if (show === 'all') process.stderr.write(chunk);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line);
    if (/^\s*ok \d+/.test(line)) tally.passed += 1;
    const failed = /^\s*not ok \d+/.test(line);
    if (failed) tally.failed += 1;
    if (show === 'all' ? failed || /^\s*(# |ok )/.test(line) : failed && show === 'failures') {
      console.log(line);
    }
  }
  const code = await exit;
  clearTimeout(timer);
  if (code !== 0 && tally.failed === 0) tally.failed = 1;
  if (code === 0 && tally.passed === 0) tally.passed = 1;
  if (code !== 0) tellFailure(name, code, seen, show !== 'nothing');
  return tally;
}

/** All of it is kept, also of one that will be run again. */
function tellFailure(name: string, code: number, seen: readonly string[], isLast: boolean): void {
  const log = join(root, '.tap', `${name.replaceAll(/[^\w.-]+/g, '-')}.log`);
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, seen.join('\n'));
  if (!isLast) return;
  console.log(seen.slice(-60).join('\n'));
  say(`FAILED ${name} (exit code ${code}); all of it: ${log}`);
}
