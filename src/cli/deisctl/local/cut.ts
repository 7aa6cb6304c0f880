// deisctl local cut: the machine runs on, alone.
import { Args } from '@oclif/core';
import { LocalCommand } from './command.ts';

export default class LocalCut extends LocalCommand {
  static override summary = 'Pull the network cable of a local machine.';
  static override examples = ['<%= config.bin %> local cut deis-2'];
  static override args = {
    machine: Args.string({ description: 'Name or number of the machine.', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LocalCut);
    const { localCut } = await import('../../../machines/local/power.ts');
    await localCut(this.root, flags.name, args.machine, this.progress, this.signal);
  }
}
