// Runs one of our command-line programs: a name, a table of commands, and the same manners for all of them.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, run, settings } from '@oclif/core';
import { VERSION } from '../model/version.ts';
import { commandLine } from './command-line.ts';
import { interruptSignal } from './interrupt.ts';
import { reportError } from './report-error.ts';

export interface Program {
  name: string;
  description: string;
  /** URL of the module that exports this program's table as COMMANDS and its `notFound` hook. */
  module: string;
  commands: Record<string, Command.Class>;
  /** One line per group of commands, for the help. */
  topics: Record<string, string>;
  /** How the help spells `local:up`; both spellings are always accepted. */
  separator: ' ' | ':';
  /** Options that may stand in front of the command and take a value: `-C`. */
  withValue?: string[];
  /** A last word about the command line, when it has its command's id at the front. */
  arrange?: (words: string[]) => string[];
}

/** Resolves to the exit status when the command has ended. */
export async function runProgram(program: Program, argv: string[]): Promise<number> {
  // oclif would look for a TypeScript compiler when NODE_ENV is `test` or `development`.
  settings.enableAutoTranspile = false;
  interruptSignal();
  ignoreStdin(program.commands);
  try {
    const words = commandLine(argv, knownIds(program.commands), program.withValue);
    const { arrange = (same: string[]) => same } = program;
    await run(arrange(words), {
      root: dirname(fileURLToPath(program.module)),
      pjson: manifest(program),
    });
    await flushed();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const debug = /(^|,)(deis|\*)($|,)/.test(process.env['DEBUG'] ?? '');
    const { text, status } = reportError(error, program.name, debug);
    await flushed();
    if (text !== '') process.stderr.write(`${text}\n`);
    return status;
  }
}

/** oclif would take what comes through a pipe for an argument that is missing: `deis ps:restart < notes` restarts no `notes`. */
export function ignoreStdin(commands: Record<string, Command.Class>): void {
  for (const { args } of Object.values(commands)) {
    for (const arg of Object.values(args)) arg.ignoreStdin = true;
  }
}

/** Every id and shortcut that may be typed. */
export function knownIds(commands: Record<string, Command.Class>): string[] {
  return Object.entries(commands).flatMap(([id, command]) => [
    id,
    ...(command.aliases ?? []),
    ...(command.hiddenAliases ?? []),
  ]);
}

/** What oclif usually reads from a package.json; one package holds several programs, so each gets its own. */
function manifest(program: Program) {
  const target = `./${fileURLToPath(program.module).slice(dirname(fileURLToPath(program.module)).length + 1)}`;
  const topics = Object.entries(program.topics).map(
    ([name, description]) => [name, { description }] as const,
  );
  return {
    name: program.name,
    version: VERSION,
    type: 'module' as const,
    description: program.description,
    oclif: {
      bin: program.name,
      dirname: 'deis',
      topicSeparator: program.separator,
      commands: { strategy: 'explicit' as const, target, identifier: 'COMMANDS' },
      hooks: { command_not_found: { target, identifier: 'notFound' } },
      topics: Object.fromEntries(topics),
      additionalHelpFlags: ['-h'],
      additionalVersionFlags: ['-v'],
      helpOptions: { maxWidth: 100 },
    },
  };
}

/** Resolves when the system has taken all output, or nobody reads it any more (`deis … | head`). */
async function flushed(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.stdout.once('error', () => resolve());
  process.stdout.once('close', () => resolve());
  process.stdout.write('', () => resolve());
  await promise;
}
