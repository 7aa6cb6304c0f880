// deisctl local heal: the end of a cut.
import { Args } from '@oclif/core';
import { LocalCommand } from './command.ts';

export default class LocalHeal extends LocalCommand {
  static override summary = 'Put the network cable of a local machine in again.';
  static override examples = ['<%= config.bin %> local heal deis-2'];
  static override args = {
    machine: Args.string({ description: 'Name or number of the machine.', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LocalHeal);
    const { localHeal } = await import('../../../machines/local/power.ts');
    await localHeal(this.root, flags.name, args.machine, this.progress, this.signal);
  }
}
