// The master process of an nginx: started, taken over, watched, ended; and the workers it leaves behind when it is killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DeisError } from '../model/errors.ts';
import { ifMissing } from '../model/missing.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ServerLayout } from '../ports/web-server.ts';
import { masterOf, processFacts, sessionMembers, signalAll } from './nginx-process.ts';
import { run } from './process.ts';

/** How long workers without a master may finish what they do, ms. */
const STRAYS_MAY_STAY_MS = 30_000;
const LET_GO_MS = 300;
const LOOK_MS = 50;

/** `start` or `adopt` once, again after each death. */
export class NginxMaster {
  readonly #layout: ServerLayout;
  readonly #clock: Clock;
  readonly #log: Log;
  #pid: number | undefined;
  #strays: number[] = [];

  constructor(layout: ServerLayout, clock: Clock, log: Log) {
    this.#layout = layout;
    this.#clock = clock;
    this.#log = log;
  }

  running(): boolean {
    return this.#pid !== undefined && processFacts(this.#pid) !== undefined;
  }

  /** Workers of a dead master that still live. */
  strays(): number {
    this.#strays = this.#strays.filter((pid) => processFacts(pid));
    return this.#strays.length;
  }

  /** Takes over an nginx of this prefix that runs already; false when there is none. */
  adopt(onDeath: () => void, signal: AbortSignal): boolean {
    const pid = masterOf(this.#layout.pid, this.#layout.prefix);
    if (pid === undefined) return false;
    this.#pid = pid;
    this.#log.info('took over nginx', { pid });
    void this.#watch(pid, onDeath, signal);
    return true;
  }

  /** Starts the master in a session of its own, so that it survives us. */
  async start(onDeath: () => void, signal: AbortSignal): Promise<void> {
    await this.#sendStraysAway(signal);
    await rm(this.#layout.control, { force: true });
    const errors = openSync(this.#layout.errorLog, 'a');
    const { prefix } = this.#layout;
    let child: ChildProcess;
    try {
      child = spawn('nginx', ['-p', prefix, '-c', join(prefix, 'nginx.conf')], {
        detached: true,
        stdio: ['ignore', errors, errors],
      });
    } finally {
      closeSync(errors);
    }
    const { promise: spawned, resolve, reject } = Promise.withResolvers<void>();
    child.once('spawn', resolve).once('error', reject);
    try {
      await spawned;
    } catch (cause) {
      throw new DeisError('unsupported', 'The program nginx is not installed.', '', { cause });
    }
    this.#pid = child.pid!;
    child.unref();
    child.once('exit', (code, name) =>
      this.#died(child.pid!, `${name ?? `code ${code}`}`, onDeath),
    );
    this.#log.info('started nginx', { pid: this.#pid });
  }

  /** `nginx -t`. Throws 'refused' with its words. */
  async test(file: string, signal: AbortSignal): Promise<void> {
    const { prefix } = this.#layout;
    const codes = Array.from({ length: 256 }, (_, code) => code);
    const result = await run(
      'nginx',
      ['-t', '-q', '-p', prefix, '-c', file],
      { ok: codes },
      signal,
    );
    if (result.code === 0) return;
    const words = result.stderr
      .split('\n')
      .filter((line) => line.includes('[emerg]'))
      .map((line) => line.replace(/^.*\[emerg\] (?:\d+#\d+: )?/, '').replaceAll(`${prefix}/`, ''));
    throw new DeisError('refused', words.join('; ') || `nginx -t ended with code ${result.code}`);
  }

  signal(name: NodeJS.Signals): void {
    if (this.#pid !== undefined) signalAll([this.#pid], name);
  }

  /** Graceful end, by force when `signal` aborts; resolves when neither the master nor one of its workers lives. */
  async quit(patience: number, signal: AbortSignal): Promise<void> {
    const pid = this.#pid;
    if (pid === undefined) return;
    this.#pid = undefined;
    const deadline = this.#clock.monotonic() + patience;
    signalAll([pid, ...sessionMembers(pid)], 'SIGQUIT'); // workers may be deaf to it
    const processes = (): number[] => [pid, ...sessionMembers(pid)].filter(processFacts);
    while (processes().length > 0) {
      if (this.#clock.monotonic() > deadline || signal.aborted) {
        this.#log.warn('ended nginx before its requests were done', { pid });
        signalAll(processes(), 'SIGKILL');
      }
      await this.#clock.sleep(LOOK_MS, new AbortController().signal);
    }
  }

  /** The end of the error log, for a message; empty when there is nothing. */
  async lastWords(): Promise<string> {
    const text = await readFile(this.#layout.errorLog, 'utf8').catch(ifMissing(''));
    const lines = text.trim().split('\n').slice(-2).join(' | ');
    return lines === '' ? '' : `: ${lines}`;
  }

  /** An adopted master is not our child: look for it. */
  async #watch(pid: number, onDeath: () => void, signal: AbortSignal): Promise<void> {
    while (processFacts(pid)) {
      if (!(await this.#slept(10 * LOOK_MS, signal))) return;
    }
    this.#died(pid, 'unknown', onDeath);
  }

  #died(pid: number, how: string, onDeath: () => void): void {
    this.#strays = [...this.#strays, ...sessionMembers(pid)];
    if (this.#pid !== pid) return; // we ended it
    this.#pid = undefined;
    this.#log.error('nginx died', { pid, how, strays: this.strays() });
    onDeath();
  }

  /**
   * Workers whose master was killed serve on by routes that nobody can change. They must let the ports go; what runs on them may
   * end, and until then `strays()` says that not everything is known.
   */
  async #sendStraysAway(signal: AbortSignal): Promise<void> {
    if (this.strays() === 0) return;
    const strays = [...this.#strays];
    signalAll(strays, 'SIGQUIT');
    const deadline = this.#clock.monotonic() + LET_GO_MS;
    while (this.strays() > 0 && this.#clock.monotonic() < deadline) {
      await this.#clock.sleep(LOOK_MS, signal);
    }
    const stuck = strays.filter((pid) => processFacts(pid)?.state === 'T');
    signalAll(stuck, 'SIGKILL'); // a frozen one would hold the ports
    void this.#endLater(strays, signal);
  }

  async #endLater(strays: number[], signal: AbortSignal): Promise<void> {
    await this.#slept(STRAYS_MAY_STAY_MS, signal);
    this.strays();
    signalAll(
      strays.filter((pid) => this.#strays.includes(pid)),
      'SIGKILL',
    );
  }

  /** False when the signal ended the sleep. */
  async #slept(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#clock.sleep(ms, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }
}
