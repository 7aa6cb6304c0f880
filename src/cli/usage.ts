// The USAGE line of a command's help: its arguments and its own options. Those that every command has are listed below it, under GLOBAL.

import type { Command } from '@oclif/core';

/** Gives every command of the table that has no line of its own one. */
export function addUsage(commands: Record<string, Command.Class>): void {
  for (const [id, command] of Object.entries(commands)) {
    command.usage ??= usageLine(id, command);
  }
}

/** `local up [--name <value>]` */
export function usageLine(
  id: string,
  { args = {}, flags = {}, strict }: Partial<Pick<Command.Class, 'args' | 'flags' | 'strict'>>,
): string {
  const names = Object.entries(args);
  const words = names.map(([name, { required }], index) => {
    const more = strict === false && index === names.length - 1 ? '...' : '';
    const word = `${name.toUpperCase()}${more}`;
    return required ? word : `[${word}]`;
  });
  const own = Object.entries(flags).flatMap(([name, flag]) => {
    if (flag.hidden || flag.helpGroup === 'GLOBAL') return [];
    const short = flag.char === undefined ? `--${name}` : `-${flag.char}`;
    return [flag.type === 'boolean' ? `[${short}]` : `[${short} <value>]`];
  });
  return [id.replaceAll(':', ' '), ...words, ...own].join(' ');
}
