// The processes of one nginx as /proc shows them: which live, which belong together, and how to end them.

import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessFacts {
  pid: number;
  /** Clock ticks since boot: with the pid, the name of this one process (proc(5)). */
  startedAt: string;
  session: number;
  /** R, S, D, T (stopped), Z (dead, not yet collected)… */
  state: string;
}

/** Facts of a living process; undefined when there is none. A zombie runs no more: it counts as dead. */
export function processFacts(pid: number): ProcessFacts | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // ended
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, state, session: Number(fields[3]), startedAt: fields[19] ?? '' };
}

/** Does the worker `<pid>-<start time>` still live? */
export function isAlive(id: string): boolean {
  const [pid, startedAt] = id.split('-');
  return processFacts(Number(pid))?.startedAt === startedAt;
}

/** Is this worker shutting down, frozen (it will do what it was told before it accepts again) or dead? */
export function acceptsNoMore(id: string): boolean {
  const pid = Number(id.split('-')[0]);
  if (!isAlive(id) || processFacts(pid)?.state === 'T') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('shutting down');
  } catch {
    return true; // ended in between
  }
}

/** Processes of the session that `leader` began: its workers, also after it died. */
export function sessionMembers(leader: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== leader && processFacts(pid)?.session === leader);
}

/** The pid in a pid file, if a process lives under it whose command line is that of an nginx with this prefix. */
export function masterOf(pidFile: string, prefix: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').trim());
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const ours = command.startsWith('nginx: master') && command.includes(prefix);
    return ours && processFacts(pid) ? pid : undefined;
  } catch {
    return undefined; // no file, or no such process: there is no master
  }
}

/** Sends a signal to those that still live. */
export function signalAll(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // it has ended in between, which is what the signal was for
    }
  }
}
