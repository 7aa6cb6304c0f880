// The read side of a machine's journal, through journalctl and systemctl: they know every format the journal ever had.

import { type ChildProcess, spawn } from 'node:child_process';
import { DeisError } from '../model/errors.ts';
import { APP_ID, PROCESS, unitNameProblem } from '../model/ids.ts';
import { type JournalPlace, SHIPPED_FIELDS } from '../model/shipped.ts';
import type { ContainerJournal } from '../ports/log-shipping.ts';
import type { JournalQuery, LogLine, LogQuery, LogStore } from '../ports/log-store.ts';
import { JournalLines, LINE_FIELDS, processFilter } from './journal-lines.ts';
import { linesOf } from './json-lines.ts';

const MOST_LINES = 10_000;

/** `prefix`: words before each command, e.g. to look into another machine in tests. */
export class Journal implements LogStore, ContainerJournal {
  readonly #prefix: readonly string[];

  constructor(prefix: readonly string[] = []) {
    this.#prefix = prefix;
  }

  async recent(
    { app, process, release, lines }: LogQuery,
    signal: AbortSignal,
  ): Promise<LogLine[]> {
    if (!APP_ID.test(app)) throw invalid(`"${app}" is not the name of an app`);
    if (process !== undefined && !PROCESS.test(process)) {
      throw invalid(`"${process}" is not a process, such as web or web.1`);
    }
    const fields = `--output-fields=${LINE_FIELDS.join(',')}`;
    const found = new JournalLines(checkedLines(lines), processFilter(process));
    const exact = process?.includes('.') ? [`DEIS_PROCESS=${process}`] : [];
    if (release !== undefined) exact.push(`DEIS_RELEASE=${release}`);
    const args = ['-o', 'json', '--all', '--reverse', '--no-pager', '--quiet', fields];
    const output = this.#read('journalctl', [...args, `DEIS_APP=${app}`, ...exact], [0], signal);
    for await (const json of linesOf(output)) {
      found.add(json);
      if (found.full) break;
    }
    return found.lines();
  }

  /** The waiter's lines, systemd's about the unit, its container's, and the daemon's about it. */
  async *journal(query: JournalQuery, signal: AbortSignal): AsyncGenerator<string> {
    const { unit, lines, follow } = query;
    mustBeUnit(unit);
    const args = ['--no-pager', '--quiet', '--all', '-n', String(checkedLines(lines))];
    if (follow) args.push('--follow');
    const matches = [
      `_SYSTEMD_UNIT=${unit}`,
      `UNIT=${unit} _PID=1`,
      `DEIS_UNIT=${unit}`,
      `DEISD_UNIT=${unit}`,
    ];
    args.push(...matches.join(' + ').split(' '));
    const decoder = new TextDecoder();
    for await (const chunk of this.#read('journalctl', args, [0], signal)) {
      yield decoder.decode(chunk, { stream: true });
    }
  }

  /** All containers speak through dockerd; systemd itself says so, and no container can. */
  follow(from: JournalPlace | { since: number }, signal: AbortSignal): AsyncGenerator<string> {
    const start =
      'cursor' in from ? `--cursor=${from.cursor}` : `--since=@${(from.since / 1e6).toFixed(6)}`;
    const fields = `--output-fields=${SHIPPED_FIELDS.join(',')}`;
    const how = ['-o', 'json', '--all', '--follow', '--no-tail', '--no-pager', '--quiet'];
    const args = [...how, fields, start, '_SYSTEMD_UNIT=docker.service'];
    return linesOf(this.#read('journalctl', args, [], signal));
  }

  async status(unit: string, signal: AbortSignal): Promise<string> {
    mustBeUnit(unit);
    let text = '';
    const decoder = new TextDecoder();
    // 3: it does not run; 4: there is no such unit. Both are answers.
    const output = this.#read(
      'systemctl',
      ['status', '-l', '--no-pager', '--', unit],
      [0, 3, 4],
      signal,
    );
    for await (const chunk of output) text += decoder.decode(chunk, { stream: true });
    return text;
  }

  /** Output as it comes. The program is ended when nobody reads on, or when the signal aborts. */
  async *#read(
    program: string,
    args: string[],
    fine: number[],
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    signal.throwIfAborted();
    const [first = program, ...rest] = [...this.#prefix, program, ...args];
    const child = spawn(first, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = endOf(child);
    const stop = (): void => {
      child.kill();
      child.stdout.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    let complaint = '';
    child.stderr.on(
      'data',
      (chunk: Buffer) => (complaint = (complaint + String(chunk)).slice(-1000)),
    );
    try {
      yield* child.stdout as AsyncIterable<Uint8Array>;
      const code = await ended;
      signal.throwIfAborted();
      if (fine.includes(code)) {
        if (complaint !== '') yield Buffer.from(complaint);
        return;
      }
      throw new DeisError('internal', `${program} ended with code ${code}: ${complaint.trim()}`);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }
}

/** Exit code; -1 when it was killed. Rejects when it could not be started. */
function endOf(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('close', (code) => resolve(code ?? -1));
  child.once('error', (cause) =>
    reject(new DeisError('unsupported', `${child.spawnfile} cannot be run`, '', { cause })),
  );
  // Whoever stopped reading early does not ask how it ended.
  promise.catch(() => undefined);
  return promise;
}

function checkedLines(lines: number): number {
  if (Number.isInteger(lines) && lines >= 1 && lines <= MOST_LINES) return lines;
  throw invalid(`lines must be a number from 1 to ${MOST_LINES}`);
}

function mustBeUnit(unit: string): void {
  const problem = unitNameProblem(unit);
  if (problem !== undefined) throw invalid(problem);
}

const invalid = (message: string): DeisError => new DeisError('invalid', message);
