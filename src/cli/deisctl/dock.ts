// deisctl dock

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';

export default class Dock extends BaseCommand {
  static override summary = 'Open a shell in the container of a unit, or run a command there.';
  static override description =
    'docker exec on the machine that has the unit, over SSH. Units of apps too; of several that begin so it is the first. Exit status: the command’s own; 255 when the connection broke.';
  static override usage = 'dock UNIT [COMMAND...]';
  static override examples = [
    '<%= config.bin %> dock router@1',
    '<%= config.bin %> dock router@1 nginx -T',
    "<%= config.bin %> dock hello_v2 'env | sort'",
  ];
  static override strict = false;
  static override args = {
    unit: Args.string({ required: true, description: 'A unit of the platform or of an app.' }),
    command: Args.string({ description: 'Command and its words; sh unless told.' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(Dock);
    const [{ placeOf }, { converse, atTerminal }, { dockLine, containerOf }] = await Promise.all([
      import('../machines/place.ts'),
      import('../reach/session.ts'),
      import('../reach/remote-words.ts'),
    ]);
    const cluster = await this.openCluster(flags);
    const { machine, unit } = await placeOf(cluster.registry, args.unit, this.signal);
    const words = (argv as string[]).slice(1);
    const line = dockLine(containerOf(unit), words, atTerminal());
    const login = await cluster.ssh(machine, this.signal);
    this.exit(await converse(login, line, atTerminal(), this.signal));
  }
}
