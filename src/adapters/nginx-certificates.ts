// The certificates in the shared memory of nginx: brought there before routes name them, taken away when none does.

import { rm, writeFile } from 'node:fs/promises';
import { DeisError } from '../model/errors.ts';
import type { Bundle } from '../ports/web-server.ts';
import { askControl } from './nginx-control.ts';

/** One nginx's; called by one caller at a time. */
export class NginxCertificates {
  readonly #control: string;
  readonly #file: string;
  /** Ids that are there, as far as we know. */
  #there = new Set<string>();

  /** `file`: what a fresh nginx reads, and removes, before it listens. */
  constructor(control: string, file: string) {
    this.#control = control;
    this.#file = file;
  }

  /** For an nginx that is about to start: keys are on disk until it has read them. `forgetFile` when it did not. */
  async leaveFor(bundles: ReadonlyMap<string, Bundle>): Promise<void> {
    const text = [...bundles].map(
      ([id, { certificate, key }]) => `id ${id}\n${certificate}\n${key}\n`,
    );
    await writeFile(this.#file, text.join(''), { mode: 0o600 });
    this.#there = new Set(bundles.keys());
  }

  async forgetFile(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  /** Asks an nginx that runs already what it has. */
  async learn(signal: AbortSignal): Promise<void> {
    const { text } = await askControl(this.#control, 'GET', '/certificates', '', signal);
    this.#there = new Set(text.split('\n').filter((id) => id !== ''));
  }

  /** Brings those that are missing. Throws 'unavailable' when nginx does not answer, 'internal' when it has no room. */
  async bring(bundles: ReadonlyMap<string, Bundle>, signal: AbortSignal): Promise<void> {
    for (const [id, { certificate, key }] of bundles) {
      if (this.#there.has(id)) continue;
      const path = `/certificates?id=${encodeURIComponent(id)}`;
      const body = `${certificate}\n${key}\n`;
      const { status, text } = await askControl(this.#control, 'PUT', path, body, signal);
      if (status !== 201) {
        throw new DeisError('internal', `nginx refused a certificate: ${text.trim()}`);
      }
      this.#there.add(id);
    }
  }

  /** Takes away those that no routes name any more. */
  async dropOthers(bundles: ReadonlyMap<string, Bundle>, signal: AbortSignal): Promise<void> {
    for (const id of [...this.#there].filter((one) => !bundles.has(one))) {
      const path = `/certificates?id=${encodeURIComponent(id)}`;
      await askControl(this.#control, 'DELETE', path, '', signal);
      this.#there.delete(id);
    }
  }
}
