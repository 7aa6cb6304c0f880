// Completion scripts for shells, made from the table of commands; pure. Names of apps are asked for when they are needed.

export interface CompletionCommand {
  /** Its id and its shortcuts. */
  names: string[];
  summary: string;
  flags: { name: string; char?: string; summary: string; takesValue: boolean }[];
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const SCRIPTS: Record<Shell, (program: string, commands: readonly CompletionCommand[]) => string> =
  { bash, zsh, fish };

/** A script to be sourced by that shell. */
export function completionScript(
  shell: Shell,
  program: string,
  commands: readonly CompletionCommand[],
): string {
  return SCRIPTS[shell](program, commands);
}

const flagWords = ({ flags }: CompletionCommand): string[] =>
  flags.flatMap(({ name, char }) => [`--${name}`, ...(char ? [`-${char}`] : [])]);

const apps = (program: string): string => `$(${program} apps 2>/dev/null | tail -n +2)`;

/** Text in single quotes, for all three shells' sake without any inside. */
const quoted = (text: string): string => `'${text.replaceAll("'", '’')}'`;

/** Bash divides words at colons, commands have some: the line is divided at blanks instead. */
function bash(program: string, commands: readonly CompletionCommand[]): string {
  const names = commands.flatMap((command) => command.names).join(' ');
  const cases = commands.map(
    (command) => `    ${command.names.join('|')}) flags=${quoted(flagWords(command).join(' '))} ;;`,
  );
  return `# ${program}: completion for bash. Use it with: source <(${program} autocomplete bash)
_${program}_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} words cur='' prev flags='' colon
  read -ra words <<<"$line"
  case $line in *[[:space:]]) ;; *) cur=\${words[-1]} && unset 'words[-1]' ;; esac
  prev=\${words[-1]}
  COMPREPLY=()
  if [ \${#words[@]} -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(names)} -- "$cur"))
    colon=\${cur%"\${cur##*:}"}
    COMPREPLY=("\${COMPREPLY[@]#"$colon"}")
    return
  fi
  case $prev in -a | --app)
    COMPREPLY=($(compgen -W "${apps(program)}" -- "$cur"))
    return ;;
  esac
  case \${words[1]} in
${cases.join('\n')}
  esac
  case $cur in -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;; esac
}
complete -o default -F _${program}_complete ${program}
`;
}

function zsh(program: string, commands: readonly CompletionCommand[]): string {
  const described = commands.flatMap(({ names, summary }) =>
    names.map((name) => `    ${quoted(`${name.replaceAll(':', '\\:')}:${summary}`)}`),
  );
  const cases = commands.map(
    (command) =>
      `    ${command.names.join('|')}) flags=(${flagWords(command).map(quoted).join(' ')}) ;;`,
  );
  return `#compdef ${program}
# ${program}: completion for zsh. Use it with: source <(${program} autocomplete zsh)
_${program}() {
  local -a commands flags
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  if [[ \${words[CURRENT-1]} == (-a|--app) ]]; then
    compadd -- ${apps(program)}
    return
  fi
  case \${words[2]} in
${cases.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then compadd -- $flags; else _files; fi
}
compdef _${program} ${program}
`;
}

function fish(program: string, commands: readonly CompletionCommand[]): string {
  const lines = commands.flatMap(({ names, summary, flags }) => [
    ...names.map(
      (name) =>
        `complete -c ${program} -n __fish_use_subcommand -f -a ${quoted(name)} -d ${quoted(summary)}`,
    ),
    ...flags.map(({ name, char, summary: words, takesValue }) =>
      [
        `complete -c ${program} -n ${quoted(`__fish_seen_subcommand_from ${names.join(' ')}`)}`,
        `-l ${name}`,
        ...(char ? [`-s ${char}`] : []),
        ...(name === 'app'
          ? [`-x -a ${quoted(`(${program} apps 2>/dev/null | tail -n +2)`)}`]
          : []),
        ...(takesValue && name !== 'app' ? ['-r'] : []),
        `-d ${quoted(words)}`,
      ].join(' '),
    ),
  ]);
  return `# ${program}: completion for fish. Use it with: ${program} autocomplete fish | source
${lines.join('\n')}
`;
}
