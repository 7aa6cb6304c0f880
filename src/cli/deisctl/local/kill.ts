// deisctl local kill: power loss.
import { Args } from '@oclif/core';
import { LocalCommand } from './command.ts';

export default class LocalKill extends LocalCommand {
  static override summary = 'Cut the power of a local machine: no goodbye, no packet gets out.';
  static override examples = ['<%= config.bin %> local kill deis-2'];
  static override args = {
    machine: Args.string({ description: 'Name or number of the machine.', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LocalKill);
    const { localKill } = await import('../../../machines/local/power.ts');
    await localKill(this.root, flags.name, args.machine, this.progress, this.signal);
  }
}
