// deisctl why

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import { whyText } from '../views/why.ts';

export default class Why extends BaseCommand {
  static override summary = 'Say why a unit is where it is, or why it runs nowhere.';
  static override examples = [
    '<%= config.bin %> why router@2',
    '<%= config.bin %> why hello_v2.web.1',
  ];
  static override args = {
    unit: Args.string({
      required: true,
      description: 'A unit of the platform, an app or your own.',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Why);
    const { readStory } = await import('../views/story.ts');
    const { registry } = await this.openCluster(flags);
    const story = await readStory(registry, args.unit, this.signal);
    for (const line of whyText(story)) this.log(line);
  }
}
