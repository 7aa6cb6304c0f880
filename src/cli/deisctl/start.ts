// deisctl start

import { PlatformCommand } from '../platform-command.ts';

export default class Start extends PlatformCommand {
  // oclif reads these two from the class itself, not from the one it extends.
  static override args = PlatformCommand.args;
  static override strict = PlatformCommand.strict;
  static override summary = 'Start installed components and wait until they serve.';
  static override description = `Components start plane by plane; the next waits for the one before.`;
  static override examples = [
    '<%= config.bin %> start platform',
    '<%= config.bin %> start router@2',
    '<%= config.bin %> start router@*',
  ];

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Start);
    const { start } = await import('../platform/start-stop.ts');
    const { tellDoors } = await import('../platform/doors.ts');
    const operation = await this.operation(flags);
    const { context } = await this.openCluster(flags);
    await tellDoors(operation.registry, context?.doors, this.signal);
    await start(operation, argv as string[], this.signal);
  }
}
