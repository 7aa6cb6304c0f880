// What every deisctl command shares: which cluster it is about, and how it ends.

import { Command, Flags } from '@oclif/core';
import type { Cluster, ClusterChoice } from './context.ts';
import { interruptSignal } from './interrupt.ts';

/**
 * Base of the deisctl commands. A command that lists sets `static enableJsonFlag = true` and returns the value `--json`
 * prints; `this.log` is silent then. Throw a DeisError for anything the person should read: see report-error.ts.
 * What is heavy (store, schemas) is imported inside `run`, so that help and version stay fast.
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
    endpoint: Flags.string({
      description: 'Client URL of an etcd member, instead of a local cluster; may be repeated.',
      env: 'DEISCTL_ENDPOINT',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpGroup: 'GLOBAL',
    }),
    'etcd-cafile': Flags.string({
      description: 'Certificate of the authority that signed the members’ certificates (PEM).',
      env: 'DEISCTL_ETCD_CAFILE',
      dependsOn: ['endpoint'],
      helpGroup: 'GLOBAL',
    }),
    'etcd-certfile': Flags.string({
      description: 'Certificate to show (PEM).',
      env: 'DEISCTL_ETCD_CERTFILE',
      dependsOn: ['endpoint'],
      helpGroup: 'GLOBAL',
    }),
    'etcd-keyfile': Flags.string({
      description: 'Private key of that certificate (PEM).',
      env: 'DEISCTL_ETCD_KEYFILE',
      dependsOn: ['endpoint'],
      helpGroup: 'GLOBAL',
    }),
  };

  /** Aborts on Ctrl-C: hand it to everything that waits. */
  protected readonly signal: AbortSignal = interruptSignal();

  /** Where use cases put their lines. */
  protected readonly output = { line: (text: string): void => this.log(text) };

  #cluster: Cluster | undefined;

  /** The cluster that the global flags name; closed when the command ends. */
  protected async openCluster(flags: ClusterChoice): Promise<Cluster> {
    const { openCluster } = await import('./context.ts');
    this.#cluster ??= await openCluster(flags);
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
