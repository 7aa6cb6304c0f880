// deis: the app developer's program. To add a command: a file <topic>/<verb>.ts, and its row in COMMANDS.

import type { Command, Hook } from '@oclif/core';
import { runPlugin, unknownCommand } from '../not-found.ts';
import { knownIds, runProgram } from '../program.ts';

export const COMMANDS: Record<string, Command.Class> = {};

const TOPICS = {};

export const notFound: Hook.CommandNotFound = async ({ id, argv }) => {
  const status = runPlugin('deis', [id, ...(argv ?? [])]);
  if (status === undefined) unknownCommand('deis', id, knownIds(COMMANDS));
  process.exitCode = status;
};

/** Resolves to the exit status. */
export function main(argv: string[]): Promise<number> {
  return runProgram(
    {
      name: 'deis',
      description: 'Deploy and run apps on a Deis platform.',
      module: import.meta.url,
      commands: COMMANDS,
      topics: TOPICS,
      separator: ':',
    },
    argv,
  );
}
