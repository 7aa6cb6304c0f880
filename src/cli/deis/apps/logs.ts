// deis apps:logs

import { Flags } from '@oclif/core';
import { colouredLine } from '../../client/log-colours.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class AppsLogs extends DeisCommand {
  static override summary = 'Show recent lines of an app’s containers, from all machines in order.';
  static override aliases = ['logs'];
  static override examples = ['<%= config.bin %> logs -a hello', '<%= config.bin %> logs -n 20'];
  static override flags = {
    ...appFlag,
    lines: Flags.integer({
      char: 'n',
      description: 'Number of lines (1000).',
      min: 1,
      max: 10_000,
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AppsLogs);
    const session = await this.session();
    const id = await this.appOf(session, flags);
    const query = flags.lines === undefined ? '' : `?log_lines=${flags.lines}`;
    const path = `apps/${id}/logs${query}`;
    const { text } = await session.api.answer('GET', path, undefined, this.signal);
    const body = text.replace(/^"([\s\S]*)"$/, '$1').replace(/\n$/, '');
    if (body === '') return;
    const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
    this.lines(body.split('\n').map((line) => colouredLine(line, colours)));
  }
}
