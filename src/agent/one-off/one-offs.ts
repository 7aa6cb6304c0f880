// The one-off containers of this machine: runs them, bounds their number, and removes those that nobody holds any more.

import { Loop } from '../../daemon/loop.ts';
import { DeisError } from '../../model/errors.ts';
import type { RunOrder } from '../../model/run.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ContainerEngine } from '../../ports/container-engine.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import type { Log } from '../../ports/log.ts';
import type { OneOffEngine } from '../../ports/one-off-engine.ts';
import { LABELS } from '../../model/container-spec.ts';
import { RUN_LABEL, UNTIL_LABEL } from './container.ts';
import { runSession } from './session.ts';

export interface OneOffOptions {
  engine: ContainerEngine;
  streams: OneOffEngine;
  /** The config values of the app, in the clear. */
  values: (order: RunOrder, signal: AbortSignal) => Promise<Record<string, string>>;
  /** Has the image here when it resolves; tells what takes long. */
  fetch: (order: RunOrder, tell: (text: string) => void, signal: AbortSignal) => Promise<void>;
  /** Whether a process of this host lives. */
  isAlive: (pid: number) => boolean;
  clock: Clock;
  log: Log;
}

const MOST = 64;
const MOST_OF_AN_APP = 16;
const SWEEP_MS = 60_000;

/** `serve` any time; `run(signal)` beside it. */
export class OneOffs {
  readonly #options: OneOffOptions;
  /** App by run, of those that somebody waits for or that are being made. */
  readonly #held = new Map<string, string>();
  readonly #sweeper: Loop;

  constructor(options: OneOffOptions) {
    this.#options = options;
    const { clock, log } = options;
    const pass = (signal: AbortSignal): Promise<void> => this.#sweep(signal);
    this.#sweeper = new Loop({ name: 'one-offs', pass, every: SWEEP_MS, clock, log });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#sweeper.run(signal);
  }

  /** Runs what is ordered, and speaks with whoever ordered it, until it is over. Throws DeisError('unavailable') when there are too many. */
  async serve(order: RunOrder, channel: FrameChannel, signal: AbortSignal): Promise<void> {
    this.#mustFit(order.process.app);
    this.#held.set(order.id, order.process.app);
    try {
      await runSession(this.#options, order, channel, signal);
    } finally {
      this.#held.delete(order.id);
    }
  }

  #mustFit(app: string): void {
    const ofApp = [...this.#held.values()].filter((other) => other === app).length;
    if (this.#held.size < MOST && ofApp < MOST_OF_AN_APP) return;
    throw new DeisError(
      'unavailable',
      'This machine runs as many one-off containers as it may.',
      'Wait until some of them have ended.',
    );
  }

  /** Left by a daemon that was killed, or detached and over, or detached and overdue. */
  async #sweep(signal: AbortSignal): Promise<void> {
    const { engine, clock, log } = this.#options;
    const found = await engine.containers({ [LABELS.managed]: '', [RUN_LABEL]: '' }, signal);
    for (const { name, labels, running } of found) {
      if (this.#held.has(labels[RUN_LABEL]!)) continue;
      const until = Number(labels[UNTIL_LABEL] ?? 0);
      if (running && until > clock.now()) continue;
      await engine.remove(name, signal);
      log.info('one-off removed', {
        container: name,
        reason: running ? 'nobody waits for it' : 'it has ended',
      });
    }
  }
}
