// deisctl local up: real machines on this computer.
import { Flags } from '@oclif/core';
import { LocalCommand } from './command.ts';

export default class LocalUp extends LocalCommand {
  static override summary = 'Make (or repair) a cluster of real machines on this computer.';
  static override description =
    'Each machine has its own systemd, Docker Engine, etcd member, sshd and deisd. Running it again verifies what is there, boots a machine that is off, and brings a newer build of deisd onto the machines.';
  static override examples = [
    '<%= config.bin %> local up',
    '<%= config.bin %> local up --machines=1 --name=try',
  ];

  static override flags = {
    machines: Flags.integer({ description: 'Number of machines (3 for a new cluster).', min: 1 }),
    disk: Flags.string({ description: "Size of each machine's Docker disk (8G)." }),
    domain: Flags.string({ description: 'Domain of the apps (paas.localhost).' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LocalUp);
    const { localUp } = await import('../../../machines/local/up.ts');
    const context = await localUp(this.root, flags, this.progress, this.signal);
    for (const { name, ip } of context.machines) this.log(`${name}  ${ip}`);
    const { http, https, ssh } = context.doors;
    this.log(`Doors on this computer: http ${http}, https ${https}, ssh ${ssh}`);
  }
}
