// One machine's agent between a pretend host and a store in memory, on a clock that the test moves.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { type MemoryStore, memoryStore } from '../../src/adapters/memory-store.ts';
import { fileTemplates } from '../../src/adapters/templates.ts';
import { runAgent } from '../../src/agent/agent.ts';
import { ACCEPT_FILE } from '../../src/agent/store-guard.ts';
import type { Departure } from '../../src/agent/departure.ts';
import type { Verdict } from '../../src/agent/health.ts';
import type { ProbeTarget } from '../../src/agent/probe.ts';
import type { Placement } from '../../src/model/cluster.ts';
import type { Applied } from '../../src/model/route.ts';
import type { UnitState, WantedUnit } from '../../src/model/unit.ts';
import type { MachineFacts } from '../../src/ports/machine-facts.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry, remove } from '../../src/registry/registry.ts';
import { listeningLog } from './listening-log.ts';
import { PretendHost } from './pretend-host.ts';

export const MACHINE = 'a'.repeat(32);
export const IP = '10.77.0.11';
const forever = new AbortController().signal;
const STEP_MS = 50;
/** For long times in which nothing much is to happen. */
const LONG_STEP_MS = 200;

export class World {
  readonly clock = manualClock();
  readonly host = new PretendHost();
  readonly log = listeningLog();
  store: MemoryStore = memoryStore({ clock: this.clock });
  /** What probes find, by command, path or `host:port`; anything else is refused. */
  readonly answers = new Map<string, Verdict>();
  bootId = 'boot-1';
  departure: Pick<Departure, 'leave' | 'stay'> | undefined;
  #folder = '';
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  get registry(): Registry {
    return new Registry(this.store);
  }

  /** Starts `deisd`; again after `endDaemon` or `killDaemon`. */
  async start(): Promise<void> {
    this.#folder ||= await mkdtemp(join(tmpdir(), 'agent-'));
    this.#stop = new AbortController();
    const facts: MachineFacts = {
      id: MACHINE,
      bootId: this.bootId,
      name: 'm1',
      ip: IP,
      cluster: 'test',
      metadata: {},
      capacity: { memory: 1e9, cpus: 2 },
      hostKeys: [],
      etcd: [],
    };
    this.#running = runAgent(
      {
        registry: this.registry,
        units: this.host.units,
        engine: this.host.engine,
        vault: { seal: (text) => text, open: (text) => text },
        templates: fileTemplates,
        clock: this.clock,
        log: this.log,
        facts,
        paths: {
          state: join(this.#folder, 'state'),
          runtime: join(this.#folder, `run-${this.bootId}`),
          platformArchive: '/none',
          platformNote: '/none',
        },
        probe: (target) => this.#probe(target),
        isPortInUse: async () => false,
        onDeparture: (departure) => (this.departure = departure),
      },
      this.#stop.signal,
    );
    await this.pass(100);
  }

  /** SIGTERM. */
  async endDaemon(): Promise<void> {
    this.#stop.abort();
    let ended = false;
    void this.#running?.finally(() => (ended = true));
    await this.until(() => ended);
  }

  /** What `deisd accept-store` does. */
  async acceptStore(): Promise<void> {
    await writeFile(join(this.#folder, 'state/agent', ACCEPT_FILE), '');
  }

  async close(): Promise<void> {
    await this.endDaemon();
    this.store.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Lets this much time go by. */
  async pass(ms: number): Promise<void> {
    const step = ms > 5000 ? LONG_STEP_MS : STEP_MS;
    for (let gone = 0; gone < ms; gone += step) {
      await this.clock.advance(step);
      await realSleep(1);
    }
  }

  /** Lets time go by until it is so; throws when it is not so after `most` ms. */
  async until(isSo: () => boolean | Promise<boolean>, most = 20_000): Promise<void> {
    const end = this.clock.monotonic() + most;
    while (!(await isSo())) {
      if (this.clock.monotonic() >= end)
        throw new Error(`not so within ${most} ms: ${String(isSo)}`);
      await this.pass(STEP_MS);
    }
  }

  /** A wanted unit and, for its present revision, a placement. */
  async want(unit: WantedUnit, placement: Partial<Placement> = {}): Promise<void> {
    const { revision } = await this.registry.commit(
      [],
      [put(familyOf(unit), [unit.name], unit)],
      forever,
    );
    await this.place(unit.name, { kind: unit.kind, revision, ...placement });
  }

  async place(name: string, placement: Partial<Placement>): Promise<void> {
    const before = await this.registry.get(keys.placements, [MACHINE, name], forever);
    const value: Placement = {
      ...(before?.value ?? {
        want: 'run',
        revision: 0,
        kind: 'app',
        retiring: false,
        reason: 'test',
      }),
      ...placement,
    };
    await this.registry.commit([], [put(keys.placements, [MACHINE, name], value)], forever);
  }

  async unplace(name: string): Promise<void> {
    await this.registry.commit([], [remove(keys.placements, [MACHINE, name])], forever);
  }

  async router(id: string, applied: Partial<Applied> = {}): Promise<void> {
    const alive = { machine: id, unit: 'deis-router@1.service', ip: IP, session: id };
    const value = { endpoints: 0, files: 0, refused: {}, busy: {}, ...applied };
    const writes = [put(keys.routerAlive, [id], alive), put(keys.routerApplied, [id], value)];
    await this.registry.commit([], writes, forever);
  }

  async state(name: string): Promise<UnitState | undefined> {
    return (await this.registry.get(keys.states, [MACHINE, name], forever))?.value;
  }

  async upstream(app: string, name: string): Promise<string | undefined> {
    return (await this.registry.get(keys.services, [app, name], forever))?.value;
  }

  async revision(): Promise<number> {
    return (await this.store.identity(forever)).revision;
  }

  async #probe({ host, port, path = '', inside }: ProbeTarget): Promise<Verdict> {
    const refused: Verdict = { kind: 'failed', reason: 'connection refused', refused: true };
    return (
      this.answers.get(inside?.command.join(' ') ?? path) ??
      this.answers.get(`${host}:${port}`) ??
      this.answers.get('*') ??
      refused
    );
  }
}

const FAMILIES = { app: keys.appUnits, platform: keys.platformUnits, foreign: keys.foreignUnits };

function familyOf({ kind }: WantedUnit): (typeof FAMILIES)['app'] {
  return FAMILIES[kind];
}

export function foreign(name: string, patch: Partial<WantedUnit> = {}): WantedUnit {
  const options = [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep 1000' }];
  return { name, kind: 'foreign', desired: 'launched', options, restarts: 0, ...patch };
}

export function web(app: string, num: number, patch: Partial<WantedUnit> = {}): WantedUnit {
  return {
    name: `${app}_v3.web.${num}.service`,
    kind: 'app',
    desired: 'launched',
    options: [],
    restarts: 0,
    process: {
      app,
      release: 3,
      type: 'web',
      num,
      image: `127.0.0.1:5555/${app}@sha256:${'0'.repeat(64)}`,
      command: null,
      config: 'c1',
      routed: true,
      port: null,
      check: { initialDelay: 0, timeout: 1, interval: 2, failures: 2 },
      stopTimeout: 10,
      drainTimeout: 30,
    },
    ...patch,
  };
}
