// deisctl uninstall

import { PlatformCommand } from '../platform-command.ts';

export default class Uninstall extends PlatformCommand {
  // oclif reads these two from the class itself, not from the one it extends.
  static override args = PlatformCommand.args;
  static override strict = PlatformCommand.strict;
  static override summary = 'Stop components and take them off the cluster.';
  static override description = `Drains and stops the units, removes them from their machines and forgets them. Settings stay.`;
  static override examples = [
    '<%= config.bin %> uninstall router@3',
    '<%= config.bin %> uninstall platform',
  ];

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Uninstall);
    const { uninstall } = await import('../platform/install.ts');
    const operation = await this.operation(flags);
    await uninstall(operation, argv as string[], this.signal);
  }
}
