// deisctl autocomplete

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import { SHELLS } from '../completion.ts';
import { SCRIPTS, candidates } from '../words-completion.ts';

export default class Autocomplete extends BaseCommand {
  static override summary =
    'Print what makes a shell complete commands, options, components and contexts.';
  static override usage = 'autocomplete bash|zsh|fish';
  static override examples = [
    'source <(<%= config.bin %> autocomplete bash)',
    'source <(<%= config.bin %> autocomplete zsh)',
    '<%= config.bin %> autocomplete fish | source',
  ];
  static override strict = false;
  static override args = {
    shell: Args.string({
      required: true,
      description: 'Which shell.',
      options: [...SHELLS, 'words'],
    }),
  };

  async run(): Promise<void> {
    const { args, argv } = await this.parse(Autocomplete);
    const shell = SHELLS.find((known) => known === args.shell);
    if (shell) {
      this.log(SCRIPTS[shell]);
      return;
    }
    // The shell's question: the words that were typed, the last one unfinished.
    const [{ COMPONENTS }, { listContexts }] = await Promise.all([
      import('../../model/components.ts'),
      import('../contexts/contexts.ts'),
    ]);
    const contexts = (await listContexts()).map(({ name }) => name);
    const components = COMPONENTS.map(({ name }) => name);
    const words = (argv as string[]).slice(1);
    for (const word of candidates(words, { commands: this.#commands(), components, contexts })) {
      this.log(word);
    }
  }

  #commands() {
    return this.config.commands
      .filter(({ hidden }) => !hidden)
      .map(({ id, flags }) => ({
        words: id.split(':'),
        flags: Object.values(flags)
          .filter(({ hidden }) => !hidden)
          .flatMap(({ name, char }) => [`--${name}`, ...(char ? [`-${char}`] : [])]),
      }));
  }
}
