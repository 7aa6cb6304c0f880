// deisctl journal

import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';

export default class Journal extends BaseCommand {
  static override summary = 'Show what a unit has said, from the journal of its machine.';
  static override examples = [
    '<%= config.bin %> journal router@1',
    '<%= config.bin %> journal controller@1 -f -n 100',
  ];
  static override args = {
    unit: Args.string({
      required: true,
      description: 'A unit of the platform, an app or your own.',
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
    const { args, flags } = await this.parse(Journal);
    const { unitJournal } = await import('../machines/ask-agent.ts');
    const cluster = await this.openCluster(flags);
    const query = { unit: args.unit, lines: flags.lines, follow: flags.follow };
    for await (const text of unitJournal(cluster, query, this.signal)) process.stdout.write(text);
  }
}
