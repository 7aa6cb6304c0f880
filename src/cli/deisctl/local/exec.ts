// deisctl local exec: a command inside a machine.
import { Args } from '@oclif/core';
import { DeisError } from '../../../model/errors.ts';
import { LocalCommand } from './command.ts';

export default class LocalExec extends LocalCommand {
  static override summary = 'Run a command on a local machine, as root.';
  static override usage = 'local exec MACHINE [--name NAME] -- COMMAND...';
  static override examples = [
    '<%= config.bin %> local exec deis-1 -- systemctl status docker',
    '<%= config.bin %> local exec 2 -- bash',
  ];
  static override strict = false;
  static override args = {
    machine: Args.string({ description: 'Name or number of the machine.', required: true }),
  };

  async run(): Promise<void> {
    // What follows `--` is the command, word for word: none of it is for us to read.
    const words = [...this.argv];
    const dashes = words.indexOf('--');
    const own = dashes === -1 ? words : words.slice(0, dashes);
    const quoted = dashes === -1 ? [] : words.slice(dashes + 1);
    const { args, argv, flags } = await this.parse(LocalExec, own);
    const command = [...(argv as string[]).slice(1), ...quoted];
    if (command.length === 0) {
      throw new DeisError('invalid', 'No command was given.', `Usage: deisctl ${LocalExec.usage}`);
    }
    const { attachToMachine } = await import('../../../machines/local/exec.ts');
    this.exit(await attachToMachine(this.root, flags.name, args.machine, command));
  }
}
