// deisctl local down: takes away everything `up` made.
import { statePaths } from '../../../machines/checkout.ts';
import { LocalCommand } from './command.ts';

export default class LocalDown extends LocalCommand {
  static override summary = 'Remove a local cluster: machines, disks, network, certificates.';
  static override examples = [
    '<%= config.bin %> local down',
    '<%= config.bin %> local down --name=try',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(LocalDown);
    const { localDown } = await import('../../../machines/local/down.ts');
    const { forgetAccount } = await import('../../quick-start/account.ts');
    await forgetAccount(statePaths(this.root).cluster(flags.name));
    const removed = await localDown(this.root, flags.name, this.progress, this.signal);
    this.log(removed ? `Cluster "${flags.name}" is gone.` : `There is no cluster "${flags.name}".`);
  }
}
