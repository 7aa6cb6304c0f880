// Where this copy of the project lives, and the one folder in it where local clusters keep their state.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Paths below `<checkout>/.deis`. */
export const statePaths = (root: string) => ({
  cache: join(root, '.deis', 'cache'),
  opt: join(root, '.deis', 'opt'),
  clusters: join(root, '.deis', 'clusters'),
  cluster: (name: string) => join(root, '.deis', 'clusters', name),
});
