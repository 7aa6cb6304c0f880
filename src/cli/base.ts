// What every deisctl command shares: which cluster it is about, and how it ends.

import { Command } from '@oclif/core';
import type { Cluster, ClusterChoice } from './context.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import { interruptSignal } from './interrupt.ts';

/**
 * Base of the deisctl commands. A command that lists sets `static enableJsonFlag = true` and returns the value `--json`
 * prints; `this.log` is silent then. Throw a DeisError for anything the person should read: see report-error.ts.
 * What is heavy (store, schemas) is imported inside `run`, so that help and version stay fast.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = GLOBAL_FLAGS;

  /** Aborts on Ctrl-C: hand it to everything that waits. */
  protected readonly signal: AbortSignal = interruptSignal();

  /** Where use cases put their lines. */
  protected readonly output = { line: (text: string): void => this.log(text) };

  #cluster: Cluster | undefined;

  /** The cluster that the global flags name; closed when the command ends. */
  protected async openCluster(flags: ClusterChoice): Promise<Cluster> {
    const { openCluster } = await import('./context.ts');
    this.#cluster ??= await openCluster(flags, this.signal);
    return this.#cluster;
  }

  /** Errors are rendered in one place, also under --json: nothing but the listed value goes to stdout. */
  protected override async catch(error: Error): Promise<void> {
    await Promise.resolve();
    throw error;
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#cluster?.close();
    await super.finally(error);
  }
}
