// deisctl upgrade-takeover

import { UpgradeCommand } from '../platform-command.ts';

export default class UpgradeTakeover extends UpgradeCommand {
  static override summary =
    'Replace every unit of the platform by this version, one after the other.';
  static override description =
    'Components that are new are installed; each unit is drained, restarted as its file is now, and the next follows when it serves. Apps go on.';
  static override examples = ['<%= config.bin %> upgrade-takeover'];

  async run(): Promise<void> {
    const { flags } = await this.parse(UpgradeTakeover);
    const { upgradeTakeover } = await import('../platform/upgrade.ts');
    const { bringRoles } = await import('../platform/roles.ts');
    await bringRoles(await this.openCluster(flags), this.output, this.signal);
    await upgradeTakeover(await this.operation(flags), this.signal);
  }
}
