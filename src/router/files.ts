// The files path: settings → text → nginx -t → reload → confirmed. Rare; a refused file leaves the old one serving.

import { isDeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';
import type { ServerFile } from '../ports/web-server.ts';
import type { Memory } from './memory.ts';
import type { Server } from './server.ts';
import { readSettings } from './settings.ts';
import type { Sources } from './sources.ts';
import type { Trust } from './trust.ts';

const ASK_AGAIN_MS = 500;

export interface FilesNeeds {
  sources: Sources;
  trust: Trust;
  server: Server;
  memory: Memory;
  /** Values for the template → file. */
  render: (values: Record<string, string>) => ServerFile;
  log: Log;
  onApplied: () => void;
}

/** `first` gives the file to start with; `pass` is one pass of the loop, also before the start. */
export class Files {
  readonly #needs: FilesNeeds;
  /** Store revision of the settings that are in effect in every worker that accepts connections. */
  revision = 0;
  /** Why settings are not in effect: by `*settings`, or `*settings <key>`. */
  refused: Record<string, string> = {};
  #current: ServerFile | undefined;
  /** The settings last looked at, taken or refused. */
  #seen: string | undefined;

  constructor(needs: FilesNeeds) {
    this.#needs = needs;
  }

  /** The file of the last known settings. */
  first(): ServerFile {
    this.#current ??= this.#needs.render(this.#values(this.#needs.memory.now.settings));
    return this.#current;
  }

  /** The web server does not start with that file: the one without any setting. */
  fallBack(reason: string): ServerFile {
    this.refused['*settings'] = reason;
    this.#current = this.#needs.render(readSettings({}).values);
    return this.#current;
  }

  async pass(signal: AbortSignal): Promise<number | void> {
    const { sources, trust, memory, log, onApplied } = this.#needs;
    if (!sources.isComplete() || trust.hold) return;
    const { stored, revision } = sources.settings();
    const text = JSON.stringify(stored);
    if (text === this.#seen && revision <= this.revision) return;
    const known = sources.settingsRevision;
    try {
      const isNew = text !== JSON.stringify(memory.now.settings);
      if (isNew && !(await trust.markStands(signal))) return ASK_AGAIN_MS;
      if (await this.#use(stored, signal)) {
        await memory.change({ settings: stored });
        this.revision = text === this.#seen ? revision : known;
      }
      this.#seen = text;
      onApplied();
    } catch (error) {
      if (signal.aborted || !isDeisError(error, 'unavailable', 'timeout')) throw error;
      log.warn('settings wait', { error: error.message });
      return ASK_AGAIN_MS;
    }
  }

  #values(stored: Record<string, string>): Record<string, string> {
    const { values, refused } = readSettings(stored);
    this.refused = {};
    for (const [key, reason] of Object.entries(refused)) {
      this.refused[`*settings ${key}`] = reason;
    }
    return values;
  }

  /** False when the web server refused them; the old file serves on then. */
  async #use(stored: Record<string, string>, signal: AbortSignal): Promise<boolean> {
    const { server, log, render } = this.#needs;
    const file = render(this.#values(stored));
    try {
      if (file.revision !== this.#current?.revision && server.running()) {
        await server.test(file, signal);
        await server.reload(file, signal);
        log.info('reloaded', { file: file.revision });
      }
      this.#current = file;
      return true;
    } catch (error) {
      if (!isDeisError(error, 'refused')) throw error;
      this.refused['*settings'] = error.message;
      log.error('settings were refused', { error: error.message });
      return false;
    }
  }
}
