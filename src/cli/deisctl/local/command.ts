// What the commands about a local cluster share: which one, where it is kept, how progress is shown.
// They talk to the box, not to a cluster's store, so they take `--name` instead of the flags of BaseCommand.
import { Command, Flags } from '@oclif/core';
import { checkoutRoot } from '../../../machines/checkout.ts';
import { interruptSignal } from '../../interrupt.ts';
import { createProgress } from '../../progress.ts';

export abstract class LocalCommand extends Command {
  static override baseFlags = {
    name: Flags.string({
      char: 'n',
      description: 'Name of the local cluster.',
      env: 'DEISCTL_CLUSTER',
      default: 'deis',
    }),
  };

  /** Aborts on Ctrl-C. */
  protected readonly signal: AbortSignal = interruptSignal();
  /** The project folder: clusters live below its .deis. */
  protected readonly root = checkoutRoot();
  protected readonly progress = createProgress();

  /** Errors are rendered in one place: see report-error.ts. */
  protected override async catch(error: Error): Promise<void> {
    await Promise.resolve();
    throw error;
  }
}
