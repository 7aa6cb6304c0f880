// What every deisctl command shares: which cluster it is about, and how it ends.

import { Command, Flags } from '@oclif/core';
import { interruptSignal } from './interrupt.ts';

/**
 * Base of the deisctl commands. A command that lists sets `static enableJsonFlag = true` and returns the value `--json`
 * prints; `this.log` is silent then. Throw a DeisError for anything the person should read: see report-error.ts.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    cluster: Flags.string({
      char: 'C',
      description: 'Local cluster to talk to.',
      env: 'DEISCTL_CLUSTER',
      default: 'deis',
      helpGroup: 'GLOBAL',
    }),
  };

  /** Aborts on Ctrl-C: hand it to everything that waits. */
  protected readonly signal: AbortSignal = interruptSignal();

  /** Errors are rendered in one place, also under --json: nothing but the listed value goes to stdout. */
  protected override async catch(error: Error): Promise<void> {
    await Promise.resolve();
    throw error;
  }
}
