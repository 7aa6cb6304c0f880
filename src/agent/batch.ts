// Gathers what comes in while the last batch is under way, and does it in one go: one daemon-reload for many unit files.

import { setTimeout } from 'node:timers/promises';

/** What is asked for at the same moment arrives within this time, ms. */
const GATHER_MS = 3;

interface Waiting<In, Out> {
  item: In;
  resolve: (out: Out) => void;
  reject: (error: unknown) => void;
}

/** `add(item)` resolves with the item's own result, in the batch it went with. */
export class Batch<In, Out> {
  readonly #perform: (items: In[]) => Promise<Out[]>;
  #waiting: Waiting<In, Out>[] = [];
  #running = false;

  /** `perform` answers one result per item, in order. If it throws, the whole batch is rejected. */
  constructor(perform: (items: In[]) => Promise<Out[]>) {
    this.#perform = perform;
  }

  add(item: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await setTimeout(GATHER_MS);
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const results = await this.#perform(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, index) => resolve(results[index]!));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = false;
  }
}
