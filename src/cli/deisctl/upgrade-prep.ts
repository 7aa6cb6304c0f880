// deisctl upgrade-prep

import { UpgradeCommand } from '../platform-command.ts';

export default class UpgradePrep extends UpgradeCommand {
  static override summary = 'Check that the cluster is fit for an upgrade; stops nothing.';
  static override description =
    'Deis v1 stopped the platform here. Units are now replaced while others serve, so this only looks: machines, their deisd, unit files.';
  static override examples = ['<%= config.bin %> upgrade-prep'];

  async run(): Promise<void> {
    const { flags } = await this.parse(UpgradePrep);
    const { upgradePrep } = await import('../platform/upgrade.ts');
    await upgradePrep(await this.operation(flags), this.signal);
  }
}
