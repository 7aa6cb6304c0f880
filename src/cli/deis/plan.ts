// deis plan: see client/plan-words.ts, which makes it the planned command with --dry-run.

import { Args } from '@oclif/core';
import { DeisCommand } from './command.ts';

export default class Plan extends DeisCommand {
  static override summary = 'Show what a command would do to an app, without doing it.';
  static override description =
    'What would start and stop, on which machines and why, how much room is left there, and what changes in unit files and routes. The same as the command with --dry-run.';
  static override examples = [
    '<%= config.bin %> plan config:set DEBUG=1 -a hello',
    '<%= config.bin %> plan scale web=5 -a hello',
    '<%= config.bin %> plan rollback v2 -a hello --json',
  ];
  static override strict = false;
  static override args = {
    command: Args.string({
      required: true,
      description: 'The command, and all that belongs to it.',
    }),
  };

  async run(): Promise<void> {
    await this.parse(Plan);
  }
}
