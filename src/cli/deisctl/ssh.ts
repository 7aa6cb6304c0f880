// deisctl ssh

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';

export default class Ssh extends BaseCommand {
  static override summary = 'Open a shell on a machine, or run a command there.';
  static override description =
    'The target is a machine (name, address, beginning of its id) or a unit: then it is the machine that has it. Exit status: the command’s own; 255 when the connection broke.';
  static override usage = 'ssh TARGET [COMMAND...]';
  static override examples = [
    '<%= config.bin %> ssh deis-1',
    '<%= config.bin %> ssh router@1 journalctl -u deisd -n 20',
  ];
  static override strict = false;
  static override args = {
    target: Args.string({ required: true, description: 'Machine or unit.' }),
    command: Args.string({ description: 'Words for the shell of the machine.' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(Ssh);
    const [{ machineOf }, { converse, atTerminal }, { shellLine }] = await Promise.all([
      import('../machines/place.ts'),
      import('../reach/session.ts'),
      import('../reach/remote-words.ts'),
    ]);
    const cluster = await this.openCluster(flags);
    const machine = await machineOf(cluster.registry, args.target, this.signal);
    const line = shellLine((argv as string[]).slice(1));
    const login = await cluster.ssh(machine, this.signal);
    this.exit(await converse(login, line, atTerminal(), this.signal));
  }
}
