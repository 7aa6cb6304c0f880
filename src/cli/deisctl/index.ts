// deisctl: the operator's program. To add a command: a file with its verb here, and its row in COMMANDS.

import type { Command, Hook } from '@oclif/core';
import { unknownCommand } from '../not-found.ts';
import { knownIds, runProgram } from '../program.ts';

export const COMMANDS: Record<string, Command.Class> = {};

const TOPICS = {
  local: 'Real machines on this computer: systemd, Docker and etcd on each.',
};

export const notFound: Hook.CommandNotFound = async ({ id }) => {
  unknownCommand('deisctl', id, knownIds(COMMANDS));
};

/** Resolves to the exit status. */
export function main(argv: string[]): Promise<number> {
  return runProgram(
    {
      name: 'deisctl',
      description: 'Install, run and look after a Deis platform.',
      module: import.meta.url,
      commands: COMMANDS,
      topics: TOPICS,
      separator: ' ',
    },
    argv,
  );
}
