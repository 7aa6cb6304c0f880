// daemon-reload, once for all who ask while one is under way: it costs systemd time for every loaded unit.

import type { SystemdBus } from './systemd-bus.ts';

export class SystemdReload {
  readonly #bus: SystemdBus;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(bus: SystemdBus) {
    this.#bus = bus;
  }

  /** Resolves after a reload that began after this call. */
  reload(): Promise<void> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.catch(() => undefined).then(() => this.#start());
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const running = this.#bus
      .session()
      .then((session) => session.call({ member: 'Reload' }))
      .then(() => undefined)
      .finally(() => {
        if (this.#running === running) this.#running = undefined;
      });
    this.#running = running;
    return running;
  }
}
