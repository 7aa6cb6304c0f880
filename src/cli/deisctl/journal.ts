// deisctl journal

import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';

export default class Journal extends BaseCommand {
  static override summary = 'Show what a unit has said, from the journal of its machine.';
  static override examples = [
    '<%= config.bin %> journal router@1',
    '<%= config.bin %> journal controller@1 -f -n 100',
  ];
  static override strict = false;
  static override args = {
    unit: Args.string({
      required: true,
      description: 'Units of the platform, an app or your own; router@* too.',
    }),
  };
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'Go on with new lines until Ctrl-C.' }),
    lines: Flags.integer({
      char: 'n',
      description: 'Last lines to show.',
      default: 40,
      min: 1,
      max: 10_000,
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Journal);
    const { unitJournals } = await import('../machines/ask-agent.ts');
    const cluster = await this.openCluster(flags);
    const query = { lines: flags.lines, follow: flags.follow };
    const write = (text: string): void => void process.stdout.write(text);
    await unitJournals(cluster, argv as string[], query, write, this.signal);
  }
}
