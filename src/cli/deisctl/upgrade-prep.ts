// deisctl upgrade-prep

import { Flags } from '@oclif/core';
import { OperationCommand } from '../platform-command.ts';

export default class UpgradePrep extends OperationCommand {
  static override summary = 'Check that the cluster is fit for an upgrade; stops nothing.';
  static override description =
    'Deis v1 stopped the platform here. Units are now replaced while others serve, so this only looks: machines, their deisd, unit files.';
  static override examples = ['<%= config.bin %> upgrade-prep'];
  static override flags = {
    ...OperationCommand.flags,
    stateless: Flags.boolean({
      description:
        'Accepted as in Deis v1: this platform has no Ceph and no database to leave out.',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(UpgradePrep);
    const { upgradePrep } = await import('../platform/upgrade.ts');
    await upgradePrep(await this.operation(flags), this.signal);
  }
}
