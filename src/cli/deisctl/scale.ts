// deisctl scale

import { Args } from '@oclif/core';
import { PlatformCommand } from '../platform-command.ts';

export default class Scale extends PlatformCommand {
  static override summary = 'Run more or fewer instances of a component.';
  static override description =
    'New instances are started before surplus ones go; the highest numbers go first, after their requests have ended.';
  static override examples = [
    '<%= config.bin %> scale router=3',
    '<%= config.bin %> scale router=1 controller=2',
  ];
  static override strict = PlatformCommand.strict;
  static override args = {
    target: Args.string({
      required: true,
      description: 'component=number (several may be given).',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Scale);
    const { scale } = await import('../platform/scale.ts');
    const operation = await this.operation(flags);
    await scale(operation, argv as string[], this.signal);
  }
}
