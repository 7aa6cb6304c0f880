// An Engine of one-off containers in memory: it keeps the same contract as Docker's (`test/ports/one-off-engine.contract.ts`).

import type { OneOffEngine, Output } from '../../src/ports/one-off-engine.ts';

/** Each container echoes input to stdout, says `bye` on stderr and ends with code 5 at the end of input; or ends as `kill` says. */
export class PretendStreams implements OneOffEngine {
  /** `create blog_v3.run.7`, `attach`, `start`, `kill SIGINT`, `resize 10x5` */
  readonly did: string[] = [];
  /** The last one that was created. */
  #last = new EchoContainer();
  readonly #all = new Map<string, EchoContainer>();

  /** Whether the last one has not ended. */
  get alive(): boolean {
    return !this.#last.isOver;
  }

  create: OneOffEngine['create'] = async (name, _request, signal) => {
    signal.throwIfAborted();
    this.did.push(`create ${name}`);
    const id = `id-${this.#all.size + 1}`;
    this.#last = new EchoContainer();
    this.#all.set(id, this.#last);
    return id;
  };

  attach: OneOffEngine['attach'] = async (id, _terminal, signal) => {
    signal.throwIfAborted();
    this.did.push('attach');
    const container = this.#all.get(id)!;
    return {
      output: container.outputs(),
      write: async (data) => container.say('stdout', data),
      endInput: () => {
        container.say('stderr', Buffer.from('bye'));
        container.end(5);
      },
      close: () => container.leave(),
    };
  };

  start: OneOffEngine['start'] = async (_id, signal) => {
    signal.throwIfAborted();
    this.did.push('start');
  };

  pid: OneOffEngine['pid'] = async (id, signal) => {
    signal.throwIfAborted();
    return this.#all.get(id)!.isOver ? 0 : 4242;
  };

  wait: OneOffEngine['wait'] = async (id, signal) => {
    signal.throwIfAborted();
    return this.#all.get(id)!.code;
  };

  kill: OneOffEngine['kill'] = async (id, name, signal) => {
    signal.throwIfAborted();
    this.did.push(`kill ${name}`);
    this.#all.get(id)!.end(name === 'SIGKILL' ? 137 : 130);
  };

  resize: OneOffEngine['resize'] = async (_id, { columns, rows }, signal) => {
    signal.throwIfAborted();
    this.did.push(`resize ${columns}x${rows}`);
  };

  /** The last one says this. */
  say(data: Uint8Array): void {
    this.#last.say('stdout', data);
  }

  /** The last one ends. */
  end(code: number): void {
    this.#last.end(code);
  }
}

class EchoContainer {
  isOver = false;
  readonly #code = Promise.withResolvers<number>();
  readonly #output: Output[] = [];
  #hasLeft = false;
  #wake: () => void = () => undefined;

  get code(): Promise<number> {
    return this.#code.promise;
  }

  say(from: Output['from'], data: Uint8Array): void {
    if (this.isOver) return;
    this.#output.push({ from, data: Uint8Array.from(data) });
    this.#wake();
  }

  end(code: number): void {
    this.isOver = true;
    this.#code.resolve(code);
    this.#wake();
  }

  /** Whoever reads its output hears no more. Its input is at its end. */
  leave(): void {
    this.#hasLeft = true;
    this.end(5);
  }

  async *outputs(): AsyncGenerator<Output> {
    for (;;) {
      if (this.#hasLeft) return;
      const next = this.#output.shift();
      if (next) yield next;
      else if (this.isOver) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
