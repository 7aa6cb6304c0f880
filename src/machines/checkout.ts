// Where this copy of the project lives, and the one folder in it where local clusters keep their state.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeisError } from '../model/errors.ts';

/** The project's top folder, found upwards from this file or the bundle it became part of. */
export function checkoutRoot(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!isProject(at)) {
    const above = dirname(at);
    if (above === at) throw new DeisError('internal', 'The project folder was not found.');
    at = above;
  }
  return at;
}

function isProject(folder: string): boolean {
  const file = join(folder, 'package.json');
  return (
    existsSync(file) &&
    (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name === 'deis'
  );
}

/** Paths below `<checkout>/.deis`; of an installed package, which may belong to somebody else, below `~/.deis`. */
export const statePaths = (root: string) => {
  const state = basename(dirname(root)) === 'node_modules' ? homedir() : root;
  const folder = join(state, '.deis');
  return {
    cache: join(folder, 'cache'),
    opt: join(folder, 'opt'),
    clusters: join(folder, 'clusters'),
    cluster: (name: string) => join(folder, 'clusters', name),
  };
};
