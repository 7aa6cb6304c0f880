// deisctl install

import { Flags } from '@oclif/core';
import { PlatformCommand } from '../platform-command.ts';

export default class Install extends PlatformCommand {
  // oclif reads these two from the class itself, not from the one it extends.
  static override args = PlatformCommand.args;
  static override strict = PlatformCommand.strict;
  static override flags = {
    ...PlatformCommand.flags,
    'router-mesh-size': Flags.integer({
      description: 'Number of routers when the platform is installed.',
      min: 1,
      max: 255,
    }),
  };
  static override summary = 'Install components: place their units on machines, not started yet.';
  static override description = `What is installed already stays as it is, so this also adds
components that a newer version brought. Unit files are searched in $DEISCTL_UNITS, ~/.deis/units, and beside this program.`;
  static override examples = [
    '<%= config.bin %> install platform',
    '<%= config.bin %> install platform --router-mesh-size=3',
    '<%= config.bin %> install router@3',
  ];

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Install);
    const { install } = await import('../platform/install.ts');
    const operation = await this.operation(flags);
    const { tellDoors } = await import('../platform/doors.ts');
    const { bringRoles } = await import('../platform/roles.ts');
    const cluster = await this.openCluster(flags);
    const { context } = cluster;
    await bringRoles(cluster, this.output, this.signal);
    await tellDoors(operation.registry, context?.doors, this.signal);
    const wish = { domain: context?.domain, routers: flags['router-mesh-size'] };
    await install(operation, argv as string[], wish, this.signal);
  }
}
