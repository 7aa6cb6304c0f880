// What the commands about formations and their machines share: the cluster's context, progress, and pairs of words.

import { DeisError } from '../../../model/errors.ts';
import { BaseCommand } from '../../base.ts';
import type { ClusterChoice } from '../../context.ts';
import type { Surroundings } from '../../nodes/create.ts';
import type { Operation } from '../../platform/operation.ts';
import { createProgress } from '../../progress.ts';

export abstract class MachineCommand extends BaseCommand {
  /** Throws DeisError 'unsupported' for a cluster that is known by endpoints only. */
  protected async surroundings(flags: ClusterChoice): Promise<Surroundings> {
    const { registry, context, dial } = await this.openCluster(flags);
    if (!context) {
      throw new DeisError(
        'unsupported',
        'machines and certificates are made where the cluster was made',
        'Name the cluster with -C, on the computer that made it; --tunnel may stand beside it.',
      );
    }
    // Behind a tunnel the store's doors are those that were opened for this command.
    const follow = (endpoints: readonly string[]): void => {
      if (!dial) registry.store.follow?.(endpoints);
    };
    return { registry, context, follow, through: dial, progress: createProgress() };
  }

  protected async operation(flags: ClusterChoice & { timeout?: number }): Promise<Operation> {
    const { unitDirectories } = await import('../../platform/unit-source.ts');
    const { registry } = await this.openCluster(flags);
    const timeout = (flags.timeout ?? 600) * 1000;
    return { registry, output: this.output, timeout, unitDirectories: unitDirectories() };
  }
}

/** `a=1 b=2` as a record. Throws DeisError 'invalid'. */
export function pairs(words: readonly string[], example: string): Record<string, string> {
  const found = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at <= 0) {
      throw new DeisError('invalid', `"${word}" is not NAME=VALUE`, `Example: ${example}`);
    }
    const name = word.slice(0, at);
    if (found.has(name)) throw new DeisError('invalid', `"${name}" is said twice`);
    found.set(name, word.slice(at + 1));
  }
  return Object.fromEntries(found);
}
