// deisctl local start: what `npm start` does. From nothing to an app served by three machines.
import { Flags } from '@oclif/core';
import { LocalCommand } from './command.ts';

export default class LocalStart extends LocalCommand {
  static override summary = 'Make a local cluster, the platform on it, and an example app.';
  static override description =
    'What is there already is kept: running it again repairs the cluster and brings newer builds onto it.';
  static override examples = ['<%= config.bin %> local start'];

  static override flags = {
    machines: Flags.integer({ description: 'Number of machines (3 for a new cluster).', min: 1 }),
    disk: Flags.string({ description: "Size of each machine's Docker disk (8G)." }),
    domain: Flags.string({ description: 'Domain of the apps (paas.localhost).' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LocalStart);
    const { quickStart } = await import('../../quick-start/quick-start.ts');
    const lines = await quickStart(this.root, flags, this.progress, this.signal);
    for (const line of lines) this.log(line);
  }
}
