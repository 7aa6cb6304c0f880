// One replica of the platform's image registry: a front for everybody, an image store behind it, and the work that keeps all
// replicas the same and none of them full.

import type { Server } from 'node:http';
import { Loop } from '../daemon/loop.ts';
import { together } from '../daemon/together.ts';
import type { StoredReport } from '../model/disk-report.ts';
import { toDeisError } from '../model/errors.ts';
import { type Clock, rest } from '../ports/clock.ts';
import type { ImageCopies } from '../ports/image-copies.ts';
import type { ImageStore } from '../ports/image-store.ts';
import type { Log } from '../ports/log.ts';
import { withLock } from '../registry/lock.ts';
import type { Registry } from '../registry/registry.ts';
import { CatchUp } from './catch-up.ts';
import { serveFront } from './front.ts';
import { Gate } from './gate.ts';
import { Ledger } from './garbage/ledger.ts';
import { Sweeper } from './garbage/sweeper.ts';
import { Knowledge } from './knowledge.ts';
import { Replicator } from './replicate.ts';
import { diskFigures, storageProblem } from './storage-check.ts';
import { StoreKeeper } from './store-keeper.ts';

export interface ReplicaOptions {
  registry: Registry;
  machine: { id: string; ip: string };
  port: number;
  /** Only the front talks to it, and to the one after it while the storage changes. */
  storePort: number;
  /** Where images are kept on this machine. */
  folder: string;
  images: ImageStore;
  copies: ImageCopies;
  /** Makes its server speak mutual TLS too: then nothing but its health is told without. Left out in tests. */
  secure?: (server: Server) => void;
  clock: Clock;
  log: Log;
}

const CATCH_UP_EVERY_MS = 600_000;
const CATCH_UP_AT_LEAST_MS = 1000;
const CATCH_UP_AGAIN_MS = 2000;
const DISK_EVERY_MS = 5000;
/** The first look at garbage comes when the machine has settled, ms. */
const FIRST_SWEEP_MS = 5000;
const LOCK_TTL = 15;

/** Runs until the signal aborts; then pushes that run may end. */
export async function runReplica(options: ReplicaOptions, signal: AbortSignal): Promise<void> {
  await new Replica(options).run(signal);
}

class Replica {
  readonly #options: ReplicaOptions;
  readonly #own: string;
  readonly #store: { host: string; port: number };
  readonly #former: { host: string; port: number };
  readonly #gate: Gate;
  readonly #ledger: Ledger;
  readonly #knowledge: Knowledge;
  readonly #keeper: StoreKeeper;
  readonly #catchUp: CatchUp;
  readonly #replicator: Replicator;
  readonly #sweeper: Sweeper;
  readonly #catchUpLoop: Loop;
  readonly #sweeps: Loop;
  #diskProblem: string | undefined;
  #leaving = false;

  constructor(options: ReplicaOptions) {
    const { registry, machine, port, storePort, folder, images, copies, clock, log } = options;
    this.#options = options;
    const own = (this.#own = `${machine.ip}:${port}`);
    this.#store = { host: '127.0.0.1', port: storePort };
    this.#former = { host: '127.0.0.1', port: storePort + 1 };
    const store = `127.0.0.1:${storePort}`;
    this.#gate = new Gate(clock);
    this.#ledger = new Ledger(folder);
    const hint = (): void => this.#catchUpLoop.hint();
    const knowledge = (this.#knowledge = new Knowledge({
      registry,
      own,
      port,
      hint,
      settingsHint: () => this.#sweeps.hint(),
    }));
    const keeper = (this.#keeper = new StoreKeeper({
      images,
      folder,
      listen: store,
      formerListen: `127.0.0.1:${storePort + 1}`,
      settings: () => knowledge.settings(),
      changed: hint,
      clock,
      log,
    }));
    const surroundings = { copies, clock, log };
    this.#catchUp = new CatchUp({
      own,
      needed: (given) => knowledge.needed(given),
      sources: async (given) => {
        const former = keeper.formerStore;
        return [...(former === undefined ? [] : [former]), ...(await knowledge.sources(given))];
      },
      ...surroundings,
    });
    this.#replicator = new Replicator({
      own,
      peers: () => knowledge.peers(),
      machines: () => knowledge.machines(),
      shared: () => keeper.isShared,
      ...surroundings,
    });
    this.#sweeper = new Sweeper({
      registry,
      folder,
      ledger: this.#ledger,
      gate: this.#gate,
      store,
      sweep: (given) => images.sweep(keeper.config(), given),
      ...surroundings,
    });
    this.#sweeps = this.#sweepLoop();
    let lastFormer: string | undefined;
    this.#catchUpLoop = new Loop({
      name: 'catch-up',
      every: CATCH_UP_EVERY_MS,
      atLeast: CATCH_UP_AT_LEAST_MS,
      pass: async (given) => {
        if (keeper.problem !== undefined) return CATCH_UP_AGAIN_MS;
        const former = keeper.formerStore;
        if (former !== lastFormer) this.#catchUp.doubt();
        lastFormer = former;
        if (!(await this.#catchUp.pass(given))) return CATCH_UP_AGAIN_MS;
        if (former !== undefined && former === keeper.formerStore) await keeper.forgetFormer();
        return undefined;
      },
      clock,
      log,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { machine, port, secure } = this.#options;
    await this.#ledger.load();
    const work = new AbortController();
    const end = (): void => {
      this.#leaving = true;
    };
    signal.addEventListener('abort', end, { once: true });
    const front = serveFront(
      {
        listen: { host: machine.ip, port },
        store: this.#store,
        former: () => (this.#keeper.formerStore === undefined ? undefined : this.#former),
        gate: this.#gate,
        pushProblem: () => this.#pushProblem(),
        healthProblem: () => this.#healthProblem(),
        garbage: (given) => this.#tellGarbage(given),
        onLayer: (repository, digest) =>
          this.#replicator.layerCame(repository, digest, work.signal),
        onImage: (image, given) => this.#replicator.imageCame(image, given),
        ...(secure && { secure }),
        log: this.#options.log,
      },
      signal,
    );
    const parts = [
      (given: AbortSignal) => this.#knowledge.run(given),
      (given: AbortSignal) => this.#keeper.run(given),
      (given: AbortSignal) => this.#catchUpLoop.run(given),
      (given: AbortSignal) => this.#watchDisk(given),
      (given: AbortSignal) => this.#sweeps.run(given),
      // The image store ends after the last push that runs.
      async () => {
        await front;
        work.abort(new Error('the replica stops'));
      },
    ];
    await together(parts, work.signal);
  }

  #pushProblem(): string | undefined {
    if (this.#leaving) return 'this replica of the registry is stopping; try again';
    const problem = this.#keeper.problem ?? this.#catchUp.problem ?? this.#diskProblem;
    return problem === undefined
      ? undefined
      : `this replica of the registry takes no image: ${problem}`;
  }

  /** A disk that takes nothing more can still be read from: it is withdrawn only while others are there. */
  #healthProblem(): string | undefined {
    if (this.#leaving) return 'it is stopping';
    const problem = this.#keeper.problem ?? this.#catchUp.problem;
    if (problem !== undefined) return problem;
    return this.#knowledge.peers().length > 0 ? this.#diskProblem : undefined;
  }

  async #watchDisk(signal: AbortSignal): Promise<void> {
    const { clock, folder, log } = this.#options;
    while (!signal.aborted) {
      const problem = await storageProblem(folder);
      if (problem !== this.#diskProblem) {
        if (problem === undefined) log.info('disk is well again');
        else log.error('disk is sick', { reason: problem });
      }
      this.#diskProblem = problem;
      await rest(clock, DISK_EVERY_MS, signal);
    }
  }

  /** One replica after the other: what one took away by mistake another still has. */
  #sweepLoop(): Loop {
    const { registry, machine, clock, log } = this.#options;
    const lock = {
      registry,
      name: 'registry-sweep',
      holder: machine.id,
      ttl: LOCK_TTL,
      clock,
      log,
    };
    let first = true;
    return new Loop({
      name: 'sweep',
      every: FIRST_SWEEP_MS,
      atLeast: CATCH_UP_AT_LEAST_MS,
      pass: async (signal) => {
        if (first || this.#healthProblem() !== undefined || this.#keeper.isShared) {
          first = false;
          return FIRST_SWEEP_MS;
        }
        return withLock(
          lock,
          ({ lost }) => this.#sweeper.pass(AbortSignal.any([signal, lost])),
          signal,
        );
      },
      clock,
      log,
    });
  }

  async #tellGarbage(signal: AbortSignal): Promise<string> {
    const { folder } = this.#options;
    const problem = this.#healthProblem() ?? this.#diskProblem;
    const common: StoredReport = {
      address: this.#own,
      storage: this.#keeper.isShared ? 'bucket' : 'disk',
      ...(problem !== undefined && { problem }),
      lost: this.#catchUp.lost,
      disk: await diskFigures(folder),
    };
    try {
      const garbage = this.#keeper.isShared ? undefined : await this.#sweeper.report(signal);
      return `${JSON.stringify({ ...common, garbage })}\n`;
    } catch (error) {
      return `${JSON.stringify({ ...common, problem: toDeisError(error).message })}\n`;
    }
  }
}
