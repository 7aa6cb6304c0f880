// The files path: settings → text → nginx -t → reload → confirmed. Rare; a refused file leaves the old one serving.

import { Limit } from '../daemon/limit.ts';
import { isDeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';
import type { ServerFile } from '../ports/web-server.ts';
import type { Memory } from './memory.ts';
import { needsGate } from './policy.ts';
import type { Server } from './server.ts';
import type { FileInput } from './server-file.ts';
import { readSettings } from './settings.ts';
import type { Sources } from './sources.ts';
import type { Trust } from './trust.ts';

const ASK_AGAIN_MS = 500;

export interface FilesNeeds {
  sources: Sources;
  trust: Trust;
  server: Server;
  memory: Memory;
  render: (input: FileInput) => ServerFile;
  log: Log;
  onApplied: () => void;
}

/** `first` gives the file to start with; `pass` is one pass of the loop, also before the start; `openGates` any time. */
export class Files {
  readonly #needs: FilesNeeds;
  /** Store revision of the settings that are in effect in every worker that accepts connections. */
  revision = 0;
  /** Why settings are not in effect: by `*settings`, or `*settings <key>`. */
  refused: Record<string, string> = {};
  /** What the file says, or will when the web server starts. */
  #values: Record<string, string> | undefined;
  /** From the first app that needs them on: a reload for each that comes and goes would be too many. */
  #gates: boolean;
  /** The settings last looked at, taken or refused. */
  #seen: string | undefined;
  readonly #turn = new Limit(1);

  constructor(needs: FilesNeeds) {
    this.#needs = needs;
    this.#gates = Object.values(needs.memory.now.policies).some(needsGate);
  }

  /** The file of the last known settings. */
  first(): ServerFile {
    this.#values ??= this.#valuesOf(this.#needs.memory.now.settings);
    return this.#render(this.#values);
  }

  /** The web server does not start with that file: the one without any setting. */
  fallBack(reason: string): ServerFile {
    this.refused['*settings'] = reason;
    this.#seen = undefined; // the next pass finds out which of them it was
    this.#values = readSettings({}).values;
    return this.#render(this.#values);
  }

  /**
   * Before the first app with a gate is served. Where the file cannot be had now the next pass tries again: until then such
   * requests find the gate all the same, but late – after their body, within the limit of all – and their connection closes.
   */
  async openGates(signal: AbortSignal): Promise<void> {
    if (this.#gates) return;
    this.#gates = true;
    try {
      await this.#turn.run(() => this.#bring(this.first(), signal), signal);
    } catch (error) {
      if (signal.aborted || !isDeisError(error, 'refused', 'unavailable', 'timeout')) throw error;
      this.#needs.log.warn('gates wait', { error: error.message });
    }
  }

  pass(signal: AbortSignal): Promise<number | void> {
    return this.#turn.run(() => this.#pass(signal), signal);
  }

  async #pass(signal: AbortSignal): Promise<number | void> {
    const { sources, trust, memory, log, onApplied } = this.#needs;
    if (!sources.isComplete() || trust.hold) return;
    const { stored, revision } = sources.settings();
    const text = JSON.stringify(stored);
    if (text === this.#seen && revision <= this.revision && !this.#isBehind()) return;
    const known = sources.settingsRevision;
    try {
      const isNew = text !== JSON.stringify(memory.now.settings);
      if (isNew && !(await trust.markStands(signal))) return ASK_AGAIN_MS;
      const used = await this.#useSound(stored, signal);
      if (used) {
        await memory.change({ settings: used });
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

  #render(values: Record<string, string>): ServerFile {
    return this.#needs.render({ values, gates: this.#gates });
  }

  /** Does the web server run another file than it should? */
  #isBehind(): boolean {
    const { server } = this.#needs;
    return server.running() && server.revision !== this.first().revision;
  }

  #valuesOf(stored: Record<string, string>): Record<string, string> {
    const { values, refused } = readSettings(stored);
    this.refused = {};
    for (const [key, reason] of Object.entries(refused)) {
      this.refused[`*settings ${key}`] = reason;
    }
    return values;
  }

  /** What is in effect of these, or undefined when nothing is: what the web server refuses by itself is left out and named. */
  async #useSound(
    stored: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Record<string, string> | undefined> {
    if (await this.#use(stored, signal)) return stored;
    const culprits = await this.#culprits(stored, signal);
    if (Object.keys(culprits).length === 0) return undefined;
    const sound = Object.entries(stored).filter(([key]) => !Object.hasOwn(culprits, key));
    const rest = Object.fromEntries(sound);
    if (!(await this.#use(rest, signal))) return undefined;
    const { refused } = readSettings(stored);
    for (const [key, reason] of Object.entries({ ...refused, ...culprits })) {
      this.refused[`*settings ${key}`] = reason;
    }
    return rest;
  }

  /** Those that the web server refuses, each looked at alone, with its words. */
  async #culprits(
    stored: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Record<string, string>> {
    const { server } = this.#needs;
    const culprits: Record<string, string> = {};
    for (const [key, value] of Object.entries(stored)) {
      try {
        await server.test(this.#render(readSettings({ [key]: value }).values), signal);
      } catch (error) {
        if (!isDeisError(error, 'refused')) throw error;
        culprits[key] = error.message;
      }
    }
    return culprits;
  }

  /** False when the web server refused them; the old file serves on then. */
  async #use(stored: Record<string, string>, signal: AbortSignal): Promise<boolean> {
    const values = this.#valuesOf(stored);
    try {
      await this.#bring(this.#render(values), signal);
      this.#values = values;
      return true;
    } catch (error) {
      if (!isDeisError(error, 'refused')) throw error;
      this.refused['*settings'] = error.message;
      this.#needs.log.error('settings were refused', { error: error.message });
      return false;
    }
  }

  async #bring(file: ServerFile, signal: AbortSignal): Promise<void> {
    const { server, log } = this.#needs;
    if (file.revision === server.revision || !server.running()) return;
    await server.test(file, signal);
    await server.reload(file, signal);
    log.info('reloaded', { file: file.revision });
  }
}
