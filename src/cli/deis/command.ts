// What every `deis` command shares: who is logged in, which app is meant, how waiting is shown.

import { Command, Errors, Flags } from '@oclif/core';
import { detectApp } from '../client/remotes.ts';
import type { Controller } from '../client/controller.ts';
import { DryRun } from '../client/dry-run.ts';
import { readRemotes } from '../client/git.ts';
import { type ClientSettings, loadSettings, settingsPath } from '../client/settings-file.ts';
import { waiting } from '../client/waiting.ts';
import { interruptSignal } from '../interrupt.ts';

/** `-a`, of every command about one app. */
export const appFlag = {
  app: Flags.string({
    char: 'a',
    description: 'The app; without it, the one whose git remote this directory has.',
  }),
};

/** Of every command that changes what runs of an app. */
export const dryRunFlag = {
  'dry-run': Flags.boolean({
    description: 'Change nothing: show what would start, stop and be routed, where and why.',
  }),
};

/** `-l`, of every list. */
export const limitFlag = {
  limit: Flags.integer({ char: 'l', description: 'Show at most so many.', min: 1 }),
};

export interface Session {
  settings: ClientSettings;
  api: Controller;
}

export abstract class DeisCommand extends Command {
  /** Every command answers with what it did. */
  static override enableJsonFlag = true;

  static override baseFlags = {
    profile: Flags.string({
      description: 'Settings file to use: ~/.deis/<profile>.json, or a path.',
      env: 'DEIS_PROFILE',
      // Another way to say DEIS_PROFILE: every part of the program sees the same.
      parse: (name) => Promise.resolve((process.env['DEIS_PROFILE'] = name)),
      helpGroup: 'GLOBAL',
    }),
  };

  /** Aborts on Ctrl-C. */
  protected readonly signal: AbortSignal = interruptSignal();

  /** Throws DeisError 'unauthenticated' when nobody is logged in. */
  protected async session(): Promise<Session> {
    const settings = await loadSettings(settingsPath());
    return { settings, api: await this.controller(settings) };
  }

  protected async controller(settings: ClientSettings): Promise<Controller> {
    const { Controller: Api } = await import('../client/controller.ts');
    const isDryRun = this.argv.includes('--dry-run');
    return new Api(settings, (text) => this.logToStderr(text), isDryRun);
  }

  /** The app of `-a`, else of this directory. */
  protected async appOf(
    { settings }: Session,
    flags: { app?: string | undefined },
  ): Promise<string> {
    if (flags.app !== undefined && flags.app !== '') return flags.app;
    const { hostname } = new URL(settings.controller);
    return detectApp(await readRemotes(process.cwd()), hostname, process.cwd());
  }

  /** `label... done`, with a spinner on a terminal; nothing under --json. */
  protected async waiting<T>(
    label: string,
    task: Promise<T>,
    tell: (result: T) => string = () => 'done',
  ): Promise<T> {
    if (this.jsonEnabled()) return task;
    return waiting({ stream: process.stdout }, label, task, tell);
  }

  /** A command that has nothing to tell answers `{}`. */
  protected override toSuccessJson(result: unknown): unknown {
    return result ?? {};
  }

  protected lines(texts: readonly string[]): void {
    for (const text of texts) this.log(text);
  }

  /** A wrong word on the command line: exit status 2. */
  protected usage(problem: string): never {
    throw new Errors.CLIError(problem, { exit: 2 });
  }

  /** The parsed value, or the end of the command with what is wrong. */
  protected accept<T extends object>(parsed: T | { problem: string }): T {
    if ('problem' in parsed) this.usage(String(parsed.problem));
    return parsed as T;
  }

  /** Errors are rendered in one place: see report-error.ts. The answer to --dry-run is none. */
  protected override async catch(error: Error): Promise<void> {
    await Promise.resolve();
    if (!(error instanceof DryRun)) throw error;
    if (this.jsonEnabled()) this.logJson(error.foreseen);
    else this.lines(error.foreseen.text);
  }
}
