// deis autocomplete

import { Args } from '@oclif/core';
import { type CompletionCommand, SHELLS, completionScript } from '../completion.ts';
import { DeisCommand } from './command.ts';

export default class Autocomplete extends DeisCommand {
  static override summary = 'Print what makes a shell complete commands, options and apps.';
  static override examples = [
    'source <(<%= config.bin %> autocomplete bash)',
    'source <(<%= config.bin %> autocomplete zsh)',
    '<%= config.bin %> autocomplete fish | source',
  ];
  static override args = {
    shell: Args.string({ required: true, description: 'Which shell.', options: [...SHELLS] }),
  };

  async run(): Promise<{ script: string }> {
    const { args } = await this.parse(Autocomplete);
    const shell = SHELLS.find((known) => known === args.shell)!;
    const script = completionScript(shell, this.config.bin, this.#commands());
    this.log(script.trimEnd());
    return { script };
  }

  #commands(): CompletionCommand[] {
    const all = this.config.commands;
    // oclif lists a shortcut as a command of its own, too.
    const shortcuts = new Set(all.flatMap(({ aliases }) => aliases));
    return all
      .filter(({ id, hidden }) => !hidden && !shortcuts.has(id))
      .map(({ id, aliases, summary, flags }) => ({
        names: [id, ...aliases.filter((alias) => alias !== id)],
        summary: summary ?? '',
        flags: Object.values(flags)
          .filter(({ hidden }) => !hidden)
          .map(({ name, char, description, summary: words, type }) => ({
            name,
            ...(char && { char }),
            summary: words ?? description ?? '',
            takesValue: type === 'option',
          })),
      }))
      .toSorted((one, other) => (one.names[0]! < other.names[0]! ? -1 : 1));
  }
}
