// deisctl restart

import { PlatformCommand } from '../platform-command.ts';

export default class Restart extends PlatformCommand {
  // oclif reads these two from the class itself, not from the one it extends.
  static override args = PlatformCommand.args;
  static override strict = PlatformCommand.strict;
  static override summary = 'Restart components, one unit after the other.';
  static override description = `The next unit is restarted when the one before serves again.`;
  static override examples = [
    '<%= config.bin %> restart controller',
    '<%= config.bin %> restart router@*',
  ];

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Restart);
    const { restart } = await import('../platform/start-stop.ts');
    const operation = await this.operation(flags);
    await restart(operation, argv as string[], this.signal);
  }
}
