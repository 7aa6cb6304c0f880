// Tells the cluster what this machine is: at the start and whenever it changes.

import { type Machine, overlaid } from '../model/cluster.ts';
import { VERSION } from '../model/version.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { Log } from '../ports/log.ts';
import type { MachineFacts } from '../ports/machine-facts.ts';
import { toDeisError } from '../model/errors.ts';
import { Loop } from '../daemon/loop.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import { put } from '../registry/registry.ts';
import type { Fenced } from './fence.ts';

/** Port of the daemon's API on the machine's address. */
export const API_PORT = 7600;

export interface MachineRecordOptions {
  facts: MachineFacts;
  /** Of its place in a formation; they win over what the machine was told when it joined. */
  labels: () => Record<string, string>;
  systemd: number;
  engine: ContainerEngine;
  fenced: Fenced;
  /** Why the store is not obeyed, if it is not. */
  storeProblem: () => string | undefined;
  /** It is about to be shut down. */
  leaving: () => boolean;
  clock: Clock;
  log: Log;
}

const ENGINE_LOOK_MS = 5000;
const IDLE_MS = 600_000;

export class MachineRecord {
  readonly #options: MachineRecordOptions;
  readonly #loop: Loop;
  /** What was set over this machine's own metadata. */
  readonly #set: Mirror<string>;
  /** The same, kept: what is to be taken away is set empty, so a key that is missing takes nothing away. */
  readonly #over = new Map<string, string>();
  #engine = '';
  /** What the store says, as text; undefined until we have looked. */
  #stored: string | undefined;

  constructor(options: MachineRecordOptions) {
    this.#options = options;
    const { facts, clock, log } = options;
    this.#set = new Mirror(keys.machineMetadata, [facts.id]);
    const pass = (signal: AbortSignal): Promise<number> => this.#pass(signal);
    this.#loop = new Loop({ name: 'machine', pass, every: IDLE_MS, clock, log });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { store } = this.#options.fenced.registry;
    await Promise.all([this.#set.start(store, this.#loop.hint, signal), this.#loop.run(signal)]);
  }

  readonly hint = (): void => this.#loop.hint();

  /** Look again before trusting what we wrote. */
  doubt(): void {
    this.#stored = undefined;
    this.#loop.hint();
  }

  async #pass(signal: AbortSignal): Promise<number> {
    const { facts, fenced } = this.#options;
    await this.#askEngine(signal);
    const pause = this.#engine === '' ? ENGINE_LOOK_MS : IDLE_MS;
    // Units are moved by what is said here: never say half of it.
    if (!fenced.open || this.#set.revision === 0) return pause;
    const record = this.#record();
    const text = keys.machines.encode(record);
    const key = keys.machines.key(facts.id);
    this.#stored ??= (await fenced.registry.store.get(key, signal))?.value ?? '';
    if (this.#stored === text) return pause;
    const { applied } = await fenced.commit([], [put(keys.machines, [facts.id], record)], signal);
    this.#stored = applied ? text : undefined;
    return pause;
  }

  async #askEngine(signal: AbortSignal): Promise<void> {
    if (this.#engine !== '') return;
    const { engine, log } = this.#options;
    try {
      this.#engine = await engine.ping(signal);
    } catch (error) {
      signal.throwIfAborted();
      log.debug('the engine does not answer', { error: toDeisError(error).message });
    }
  }

  #record(): Machine {
    const { facts, labels, systemd, storeProblem, leaving } = this.#options;
    const problem = storeProblem();
    for (const { ids, value } of this.#set.items()) this.#over.set(ids[1]!, value);
    return {
      id: facts.id,
      name: facts.name,
      ip: facts.ip,
      metadata: overlaid({ ...facts.metadata, ...labels() }, this.#over),
      capacity: facts.capacity,
      api: `${facts.ip}:${API_PORT}`,
      bootId: facts.bootId,
      versions: { deisd: VERSION, systemd, engine: this.#engine },
      ...(facts.hostKeys.length > 0 && { hostKeys: facts.hostKeys }),
      ...(problem !== undefined && { storeProblem: problem }),
      ...(leaving() && { leaving: true }),
    };
  }
}
