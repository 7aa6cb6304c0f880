// What install, uninstall, start, stop, restart, scale and upgrades share: targets, patience, where unit files are.

import { Args, Flags } from '@oclif/core';
import { BaseCommand } from './base.ts';
import type { ClusterChoice } from './context.ts';
import type { Operation } from './platform/operation.ts';

/** A command that changes units of the platform and waits for the machines. */
export abstract class OperationCommand extends BaseCommand {
  static override flags = {
    timeout: Flags.integer({
      description: 'Seconds to wait for each step.',
      default: 600,
      min: 1,
    }),
  };

  protected async operation(flags: ClusterChoice & { timeout: number }): Promise<Operation> {
    const { unitDirectories } = await import('./platform/unit-source.ts');
    const { registry } = await this.openCluster(flags);
    return {
      registry,
      output: this.output,
      timeout: flags.timeout * 1000,
      unitDirectories: unitDirectories(),
    };
  }
}

/** One that Deis v1 had for upgrades. */
export abstract class UpgradeCommand extends OperationCommand {
  static override flags = {
    ...OperationCommand.flags,
    stateless: Flags.boolean({
      description:
        'Accepted as in Deis v1: this platform has no Ceph and no database to leave out.',
    }),
  };
}

/** One that takes targets. */
export abstract class PlatformCommand extends OperationCommand {
  static override strict = false;
  static override args = {
    target: Args.string({
      required: true,
      description: 'platform, or a component: router, router@2, router@* (several may be named).',
    }),
  };
}
