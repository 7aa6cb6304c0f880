// The web server on nginx with Lua: its processes, its file, and the routes in its shared memory.

import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type {
  Routes,
  ServerFile,
  ServerLayout,
  ServerState,
  WebServer,
} from '../ports/web-server.ts';
import { NginxCertificates } from './nginx-certificates.ts';
import { askControl } from './nginx-control.ts';
import { parseState, routesAsLines, type WorkerReport } from './nginx-lines.ts';
import { writeServerFiles } from './nginx-files.ts';
import { NginxHandover, stays } from './nginx-handover.ts';
import { keepLogsSmall } from './nginx-logs.ts';
import { NginxMaster } from './nginx-master.ts';
import { isAlive, signalAll } from './nginx-process.ts';

export interface NginxOptions {
  /** Folder that is this server's alone. */
  prefix: string;
  /** Lua modules its configuration loads: file name → text. */
  lua: Record<string, string>;
  clock: Clock;
  log: Log;
}

const FIRST_ANSWER_MS = 10_000;
const NEW_WORKERS_MS = 20_000;
const COMMIT_MS = 5000;
const LOOK_MS = 20;
/** A worker looks every 5 s at least, unless it is frozen or has been shutting down for very long. */
const MOST_BEHIND = 20_000;

/** One object per nginx; its methods are called one at a time except `state` and `running`. */
export class Nginx implements WebServer {
  readonly layout: ServerLayout;
  readonly #options: NginxOptions;
  readonly #master: NginxMaster;
  readonly #certificates: NginxCertificates;
  readonly #handover: NginxHandover;
  /** Number of the newest commit this agent knows of. */
  #newest = 0;
  /** No living worker looks for views up to this number any more. */
  #floor = 0;
  #housekeeps = false;

  constructor(options: NginxOptions) {
    const { prefix } = options;
    this.#options = options;
    this.layout = {
      prefix,
      control: join(prefix, 'private', 'control.sock'),
      lua: join(prefix, 'lua'),
      routes: join(prefix, 'routes'),
      assets: join(prefix, 'private'),
      pid: join(prefix, 'nginx.pid'),
      accessLog: join(prefix, 'access.log'),
      errorLog: join(prefix, 'error.log'),
    };
    this.#master = new NginxMaster(this.layout, options.clock, options.log);
    const left = join(this.layout.assets, 'certificates');
    this.#certificates = new NginxCertificates(this.layout.control, left);
    this.#handover = new NginxHandover({
      control: this.layout.control,
      workers: async (signal) => (await this.#livingWorkers(signal)).workers,
      clock: options.clock,
      log: options.log,
    });
  }

  running(): boolean {
    return this.#master.running();
  }

  async start(
    file: ServerFile,
    routes: Routes,
    onDeath: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    await writeServerFiles(this.layout, this.#options.lua, routes);
    this.#keepHouse(signal);
    if (this.#master.adopt(onDeath, signal)) {
      await this.#learnNumbers(signal);
      await this.#certificates.learn(signal);
      await this.commit(routes, signal);
      const isSame = (await this.#countRunning(file, signal)) >= file.workers;
      return isSame ? this.#handover.letGo(signal) : this.reload(file, signal);
    }
    await this.test(file, signal);
    await rename(this.#path('staged.conf'), this.#path('nginx.conf'));
    await this.#certificates.leaveFor(routes.bundles);
    try {
      await this.#master.start(onDeath, signal);
      await this.#workersRun(file, FIRST_ANSWER_MS, signal);
    } finally {
      await this.#certificates.forgetFile();
    }
    await this.#learnNumbers(signal);
  }

  async commit(routes: Routes, signal: AbortSignal): Promise<void> {
    await this.#certificates.bring(routes.bundles, signal);
    await this.#commitRoutes(routes, signal);
    await this.#certificates.dropOthers(routes.bundles, signal);
  }

  async #commitRoutes(routes: Routes, signal: AbortSignal): Promise<void> {
    const lines = routesAsLines(routes);
    const { clock } = this.#options;
    const deadline = clock.monotonic() + COMMIT_MS;
    // An attempt without an answer may still be carried out. It can only fill the number it was made for, so we ask for the same
    // number again and go on to the next when that one turns out to be taken.
    for (;;) {
      const path = `/views?n=${this.#newest + 1}&attempt=${randomUUID()}&floor=${this.#floor}`;
      try {
        const { status, text } = await askControl(this.layout.control, 'PUT', path, lines, signal);
        if (status === 201 || status === 409) this.#newest += 1;
        if (status === 201) return;
        if (status === 412) await this.#learnNumbers(signal);
        if (status >= 500) throw new DeisError('internal', `nginx refused routes: ${text.trim()}`);
      } catch (error) {
        if (!(error instanceof DeisError) || error.code !== 'unavailable') throw error;
        if (clock.monotonic() > deadline || !this.running()) throw error;
      }
    }
  }

  async state(signal: AbortSignal): Promise<ServerState> {
    const workers = await this.#livingWorkers(signal);
    const busy = new Map<string, number>();
    for (const { address, running } of workers.busy) {
      busy.set(address, (busy.get(address) ?? 0) + running);
    }
    return { busy, settled: this.#master.strays() === 0 };
  }

  async test(file: ServerFile, signal: AbortSignal): Promise<void> {
    for (const [name, text] of Object.entries(file.assets)) {
      await writeFile(join(this.layout.assets, name), text, { mode: 0o600 });
    }
    await writeFile(this.#path('staged.conf'), file.text);
    await this.#master.test(this.#path('staged.conf'), signal);
  }

  async reload(file: ServerFile, signal: AbortSignal): Promise<void> {
    await this.test(file, signal);
    const [current, previous] = [this.#path('nginx.conf'), this.#path('nginx.conf.previous')];
    await rename(current, previous);
    await rename(this.#path('staged.conf'), current);
    await this.#handover.deafen(signal);
    this.#master.signal('SIGHUP');
    try {
      await this.#workersRun(file, NEW_WORKERS_MS, signal);
      await this.#handover.letGo(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      await rename(previous, current);
      this.#master.signal('SIGHUP');
      throw error;
    }
  }

  async quit(patience: number, signal: AbortSignal): Promise<void> {
    await this.#master.quit(patience, signal);
  }

  #keepHouse(signal: AbortSignal): void {
    if (this.#housekeeps) return;
    this.#housekeeps = true;
    const { accessLog, errorLog } = this.layout;
    const reopen = (): void => this.#master.signal('SIGUSR1');
    const { clock, log } = this.#options;
    void keepLogsSmall([accessLog, errorLog], reopen, clock, log, signal);
    void this.#handover.sweep(() => this.running(), signal);
  }

  /** Asks who runs and what; drops dead processes, whose counts mean nothing. */
  async #livingWorkers(signal: AbortSignal): Promise<{
    view: number;
    workers: WorkerReport[];
    busy: { address: string; running: number }[];
  }> {
    const { text } = await askControl(this.layout.control, 'GET', '/state', '', signal);
    const { view, workers, busy } = parseState(text);
    const living = workers.filter(({ id }) => isAlive(id));
    for (const { id } of workers.filter((worker) => !living.includes(worker))) {
      await askControl(this.layout.control, 'DELETE', `/processes?id=${id}`, '', signal);
    }
    this.#floor = Math.min(view, ...living.map((worker) => worker.view));
    this.#endLaggards(living, view);
    const ids = new Set(living.map(({ id }) => id));
    return { view, workers: living, busy: busy.filter(({ worker }) => ids.has(worker)) };
  }

  /** A worker that follows no more holds up the record of old views: before that fills its memory, the worker has to go. */
  #endLaggards(workers: WorkerReport[], newest: number): void {
    const laggards = workers.filter(({ view }) => view > 0 && newest - view > MOST_BEHIND);
    for (const { id, view } of laggards) {
      this.#options.log.warn('ended a worker that does not follow', { id, behind: newest - view });
    }
    signalAll(
      laggards.map(({ id }) => Number(id.split('-')[0])),
      'SIGKILL',
    );
  }

  async #learnNumbers(signal: AbortSignal): Promise<void> {
    this.#newest = (await this.#livingWorkers(signal)).view;
  }

  /** Resolves when as many workers as asked for run this file. */
  async #workersRun(file: ServerFile, patience: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + patience;
    for (;;) {
      const count = await this.#countRunning(file, signal);
      if (count >= file.workers) return;
      if (clock.monotonic() > deadline || !this.running()) {
        const said = await this.#master.lastWords();
        throw new DeisError('unavailable', `nginx did not take its new file over${said}`);
      }
      await clock.sleep(LOOK_MS, signal);
    }
  }

  /** Workers that accept connections by this file, and will go on to. */
  async #countRunning(file: ServerFile, signal: AbortSignal): Promise<number> {
    try {
      const { workers } = await this.#livingWorkers(signal);
      return workers.filter((one) => one.file === file.revision && stays(one)).length;
    } catch (error) {
      if (error instanceof DeisError && error.code === 'unavailable') return 0;
      throw error;
    }
  }

  #path(name: string): string {
    return join(this.layout.prefix, name);
  }
}
