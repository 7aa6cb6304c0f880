// deisctl local boot: power on.
import { Args } from '@oclif/core';
import { LocalCommand } from './command.ts';

export default class LocalBoot extends LocalCommand {
  static override summary = 'Boot a local machine that is off.';
  static override examples = ['<%= config.bin %> local boot deis-2'];
  static override args = {
    machine: Args.string({ description: 'Name or number of the machine.', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LocalBoot);
    const { localBoot } = await import('../../../machines/local/power.ts');
    await localBoot(this.root, flags.name, args.machine, this.progress, this.signal);
  }
}
