// deisctl rolling-restart

import { PlatformCommand } from '../platform-command.ts';

export default class RollingRestart extends PlatformCommand {
  // oclif reads these two from the class itself, not from the one it extends.
  static override args = PlatformCommand.args;
  static override strict = PlatformCommand.strict;
  static override summary =
    'Restart every unit of a component, one after the other, without a gap.';
  static override description =
    'A unit is drained and restarted as its file is now; the next one follows when it serves again. A component of one unit has a gap: it is said beforehand.';
  static override examples = [
    '<%= config.bin %> rolling-restart router',
    '<%= config.bin %> rolling-restart platform',
  ];

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RollingRestart);
    const { rollingRestart } = await import('../platform/rolling-restart.ts');
    await rollingRestart(await this.operation(flags), argv as string[], this.signal);
  }
}
