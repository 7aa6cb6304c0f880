// The agent of one machine: makes what runs here what the scheduler wants, and tells the cluster what became of it.
// It stops no unit when it ends, and touches nothing when it starts: everything it needs is on disk and in systemd.

import { randomUUID } from 'node:crypto';
import type { Alive } from '../model/cluster.ts';
import { toDeisError } from '../model/errors.ts';
import { Loop } from '../daemon/loop.ts';
import { together } from '../daemon/together.ts';
import { keys } from '../registry/keys.ts';
import { Session } from '../registry/session.ts';
import { Checks } from './checks.ts';
import { Departure } from './departure.ts';
import { Fenced } from './fence.ts';
import { HostPorts } from './host-ports.ts';
import { Labels } from './labels.ts';
import { MachineRecord } from './machine-record.ts';
import { makeTools } from './make-tools.ts';
import type { AgentOptions } from './options.ts';
import { Orders } from './orders.ts';
import { Pass } from './pass.ts';
import { probe } from './probe.ts';
import { Roster } from './roster.ts';
import { Senses } from './senses.ts';
import { States } from './states.ts';
import { StoreGuard } from './store-guard.ts';
import type { Tools } from './tools.ts';
import { checkUpstreams } from './upstream-check.ts';
import { Work } from './work.ts';

const IDLE_MS = 600_000;
const SPACING_MS = 20;
const ASK_AGAIN_MS = 500;
/** How long the last reports may take when we are told to end. */
const SETTLE_MS = 3000;

/** Runs until the signal aborts. Resolves when all it knows is on disk and, if the store answers in time, told. */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  await new Agent(options).run(signal);
}

class Agent {
  readonly #options: AgentOptions;
  readonly #session: Session<Alive>;
  readonly #roster: Roster;
  readonly #ports: HostPorts;
  readonly #guard: StoreGuard;
  readonly #fenced: Fenced;
  readonly #states: States;
  readonly #orders: Orders;
  readonly #labels: Labels;
  readonly #senses: Senses;
  readonly #upstreams: Loop;
  readonly #loop: Loop;
  readonly #departure: Departure;
  readonly #waiterDirectory: string;
  #record: MachineRecord | undefined;
  #pass: Pass | undefined;

  constructor(options: AgentOptions) {
    const { registry, units, engine, facts, paths, clock, log, isPortInUse } = options;
    this.#options = options;
    this.#waiterDirectory = `${paths.state}/units`;
    const state = `${paths.state}/agent`;
    const disk = { state, runtime: `${paths.runtime}/agent`, clock, log };
    const roster = (this.#roster = new Roster(disk));
    this.#ports = new HostPorts({ ...disk, ...(isPortInUse && { isInUse: isPortInUse }) });
    this.#guard = new StoreGuard({ ...disk, store: registry.store, bootId: facts.bootId });
    this.#loop = new Loop({
      name: 'agent',
      every: IDLE_MS,
      atLeast: SPACING_MS,
      clock,
      log,
      pass: async (signal) => this.#pass?.look(signal),
    });
    const { hint } = this.#loop;
    const session = (this.#session = new Session({
      registry,
      family: keys.alive,
      ids: [facts.id],
      value: () => ({ session: randomUUID(), since: new Date(clock.now()).toISOString() }),
      clock,
      log,
    }));
    this.#fenced = new Fenced({
      registry,
      fence: () => session.current()?.fence,
      doubted: () => session.doubt(),
    });
    const { onState } = options;
    this.#states = new States({
      machine: facts.id,
      fenced: this.#fenced,
      clock,
      log,
      ...(onState && { onState }),
    });
    this.#orders = new Orders({
      machine: facts.id,
      registry,
      guard: this.#guard,
      roster,
      clock,
      log,
      hint: () => this.#heard(),
      doubt: () => this.#doubt(),
    });
    this.#labels = new Labels({
      machine: facts.id,
      registry,
      state,
      obeyed: () => this.#orders.connected,
      changed: () => this.#record?.hint(),
      log,
    });
    this.#departure = new Departure({
      machine: facts.id,
      fenced: this.#fenced,
      roster,
      clock,
      changed: () => this.#heard(),
    });
    options.onDeparture?.(this.#departure);
    const waiterDirectory = this.#waiterDirectory;
    this.#senses = new Senses({ units, engine, roster, waiterDirectory, clock, log, hint });
    this.#upstreams = new Loop({
      name: 'upstreams',
      every: IDLE_MS,
      clock,
      log,
      pass: async (signal) => {
        if (!this.#orders.connected) return;
        if (await checkUpstreams(registry, roster, signal)) hint();
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { units } = this.#options;
    const kept = [this.#roster, this.#ports, this.#guard, this.#labels];
    await Promise.all(kept.map((part) => part.load()));
    const systemd = await this.#untilAnswered(() => units.version(signal), signal);
    await this.#untilAnswered(() => this.#senses.look(signal), signal);
    const registered = new AbortController();
    const heart = this.#session.run(() => {
      this.#doubt();
      this.#heard();
    }, registered.signal);
    try {
      await this.#live(systemd, signal);
    } finally {
      await this.#settle();
      registered.abort();
      await heart;
    }
  }

  /** Until the signal aborts, or a part of it fails: then all of it ends. */
  async #live(systemd: number, signal: AbortSignal): Promise<void> {
    const record = (this.#record = this.#describe(systemd));
    const ending = new AbortController();
    const tools = this.#makeTools(systemd, AbortSignal.any([signal, ending.signal]));
    const work = new Work(tools);
    const checks = this.#makeChecks();
    this.#pass = this.#makePass(work, checks);
    const parts = [this.#orders, this.#senses, this.#states, this.#upstreams, this.#roster];
    try {
      const runs = [...parts, this.#labels, record, this.#loop].map(
        (part) => (given: AbortSignal) => part.run(given),
      );
      await together(runs, signal);
    } finally {
      ending.abort();
      checks.close();
      tools.routers.close();
      await work.settled();
    }
  }

  /** Something of ours may have been deleted behind our back: look again. */
  #doubt(): void {
    this.#states.doubt();
    this.#record?.doubt();
    this.#upstreams.hint();
  }

  #heard(): void {
    this.#labels.look();
    this.#record?.hint();
    this.#states.hint();
    this.#loop.hint();
  }

  #describe(systemd: number): MachineRecord {
    const { facts, engine, clock, log } = this.#options;
    const storeProblem = (): string | undefined => this.#guard.hold;
    const fenced = this.#fenced;
    const labels = (): Record<string, string> => this.#labels.now;
    const leaving = (): boolean => this.#departure.state !== 'staying';
    const shared = { facts, labels, systemd, engine, fenced, clock, log };
    return new MachineRecord({ ...shared, storeProblem, leaving });
  }

  #makeTools(systemd: number, signal: AbortSignal): Tools {
    const shared = {
      fenced: this.#fenced,
      states: this.#states,
      ports: this.#ports,
      roster: this.#roster,
      systemd,
      waiterDirectory: this.#waiterDirectory,
      hint: this.#loop.hint,
    };
    return makeTools(this.#options, shared, signal);
  }

  #makeChecks(): Checks {
    const { facts, clock, log } = this.#options;
    return new Checks({
      machineIp: facts.ip,
      probe: this.#options.probe ?? probe,
      clock,
      log,
      changed: (unit) => {
        this.#roster.save(unit);
        this.#loop.hint();
      },
    });
  }

  #makePass(work: Work, checks: Checks): Pass {
    const { facts, clock } = this.#options;
    return new Pass({
      roster: this.#roster,
      senses: this.#senses,
      orders: this.#orders,
      guard: this.#guard,
      fenced: this.#fenced,
      states: this.#states,
      work,
      checks,
      departure: this.#departure,
      machineIp: facts.ip,
      clock,
    });
  }

  async #settle(): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#states.settle(AbortSignal.timeout(SETTLE_MS));
    } catch (error) {
      log.warn('could not tell the last states', { error: toDeisError(error).message });
    }
    await Promise.all([this.#roster.settled(), this.#guard.save(true)]);
  }

  /** systemd may be busy, or its bus away, when we start: nothing can be done without it. */
  async #untilAnswered<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, log } = this.#options;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        signal.throwIfAborted();
        log.warn('waiting for systemd', { error: toDeisError(error).message });
        await clock.sleep(ASK_AGAIN_MS, signal);
      }
    }
  }
}
