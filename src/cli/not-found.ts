// A command nobody knows: run a plugin of that name, or say what was probably meant.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { Errors } from '@oclif/core';
import { DeisError } from '../model/errors.ts';
import { habit } from './habits.ts';
import { suggest } from './suggest.ts';

/** Ends with an error that names what was probably meant: what the word means elsewhere, else the nearest command of the table. */
export function unknownCommand(program: string, id: string, known: readonly string[]): never {
  const near = suggest(id, known);
  const meant = habit(program, id) ?? (near === undefined ? undefined : `${program} ${near}`);
  const hint =
    meant === undefined
      ? `See all commands: ${program} --help`
      : `Did you mean \`${meant}\`? See all commands: ${program} --help`;
  throw new Errors.CLIError(`${program} has no command "${id}"\n${hint}`, { exit: 2 });
}

/** `deis foo bar` runs `deis-foo bar` when there is such a program on PATH (Deis v1 plugins); its exit status, or undefined. */
export function runPlugin(program: string, words: readonly string[]): number | undefined {
  const [id = '', ...rest] = words;
  const [name = '', ...verbs] = id.split(':');
  if (!/^[A-Za-z0-9_-]+$/.test(name)) return undefined;
  const path = onPath(`${program}-${name}`);
  if (path === undefined) return undefined;
  const result = spawnSync(path, [...verbs, ...rest], { stdio: 'inherit' });
  if (result.error) {
    throw new DeisError('refused', `${path} did not start: ${result.error.message}`);
  }
  return result.status ?? 1;
}

function onPath(name: string): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue; // not there, or not for us: the next directory may have it
    }
  }
  return undefined;
}
