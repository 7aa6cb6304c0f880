// deis shortcuts

import { table } from '../table.ts';
import { DeisCommand } from './command.ts';

export default class Shortcuts extends DeisCommand {
  static override summary = 'List the short names of commands.';
  static override examples = ['<%= config.bin %> shortcuts'];

  async run(): Promise<Record<string, string>> {
    await this.parse(Shortcuts);
    const all = this.config.commands;
    // oclif lists a shortcut as a command of its own, too.
    const pairs = all.flatMap(({ id, aliases }) =>
      aliases.includes(id) ? [] : aliases.map((alias): [string, string] => [alias, id]),
    );
    const sorted = pairs.toSorted(([one], [other]) => (one < other ? -1 : 1));
    this.lines(table(sorted.map(([alias, id]) => [alias, '->', id])));
    return Object.fromEntries(sorted);
  }
}
