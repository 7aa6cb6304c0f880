// deisctl stop

import { PlatformCommand } from '../platform-command.ts';

export default class Stop extends PlatformCommand {
  // oclif reads these two from the class itself, not from the one it extends.
  static override args = PlatformCommand.args;
  static override strict = PlatformCommand.strict;
  static override summary = 'Stop components; they stay installed.';
  static override description = `Routers and controllers finish running requests first.`;
  static override examples = ['<%= config.bin %> stop router@2', '<%= config.bin %> stop platform'];

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Stop);
    const { stop } = await import('../platform/start-stop.ts');
    const operation = await this.operation(flags);
    await stop(operation, argv as string[], this.signal);
  }
}
