// Completion of deisctl's command line: which words may stand where the cursor is; pure. The shells only ask for them.

import type { Shell } from './completion.ts';

export interface CompletedCommand {
  /** `local up`, `install` */
  words: string[];
  /** `--all`, `-a` */
  flags: string[];
}

export interface CompletedWorld {
  commands: readonly CompletedCommand[];
  components: readonly string[];
  contexts: readonly string[];
}

/** Commands whose words are components. */
const TARGETS = new Set(
  'install uninstall start stop restart rolling-restart status journal dock ssh why'.split(' '),
);
const WHOLE = new Set('install uninstall start stop restart rolling-restart'.split(' '));

/** `typed`: all words after the program, the last one unfinished (perhaps empty). */
export function candidates(typed: readonly string[], world: CompletedWorld): string[] {
  const current = typed.at(-1) ?? '';
  const before = typed.slice(0, -1);
  return [...new Set(possible(current, before, world))]
    .filter((word) => word.startsWith(current))
    .toSorted();
}

function possible(
  current: string,
  before: readonly string[],
  { commands, components, contexts }: CompletedWorld,
): string[] {
  if (['-C', '--cluster'].includes(before.at(-1) ?? '')) return [...contexts];
  const plain = before.filter((word, at) => !word.startsWith('-') && before[at - 1] !== '-C');
  const command = commands
    .filter(({ words }) => words.every((word, at) => plain[at] === word))
    .toSorted((one, other) => other.words.length - one.words.length)[0];
  if (current.startsWith('-'))
    return command?.flags ?? ['-C', '--cluster', '--help', '--tunnel', '--version'];
  const deeper = commands
    .filter(
      ({ words }) => words.length > plain.length && plain.every((word, at) => words[at] === word),
    )
    .map(({ words }) => words[plain.length]!);
  if (deeper.length > 0 || !command) return deeper;
  const [verb = ''] = command.words;
  const count = plain.length - command.words.length;
  if (verb === 'contexts' && ['use', 'rm'].includes(command.words[1] ?? '')) return [...contexts];
  if (verb === 'config')
    return count === 0
      ? ['platform', 'logs', ...components]
      : count === 1
        ? ['get', 'set', 'rm']
        : [];
  if (verb === 'scale') return components.map((name) => `${name}=`);
  if (!TARGETS.has(verb)) return [];
  return WHOLE.has(verb) ? ['platform', ...components] : [...components];
}

/** What the shell sources; it asks `deisctl autocomplete words` at each press of Tab. */
export const SCRIPTS: Record<Shell, string> = {
  bash: `# deisctl: completion for bash. Use it with: source <(deisctl autocomplete bash)
_deisctl_complete() {
  local IFS=$'\\n'
  COMPREPLY=($(deisctl autocomplete words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  case \${COMPREPLY[0]} in *=) compopt -o nospace ;; esac
}
complete -o default -F _deisctl_complete deisctl`,
  zsh: `#compdef deisctl
# deisctl: completion for zsh. Use it with: source <(deisctl autocomplete zsh)
_deisctl() {
  local -a found
  found=("\${(@f)$(deisctl autocomplete words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n \${found[1]} ]]; then compadd -- $found; else _files; fi
}
compdef _deisctl deisctl`,
  fish: `# deisctl: completion for fish. Use it with: deisctl autocomplete fish | source
complete -c deisctl -f -a '(deisctl autocomplete words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};
