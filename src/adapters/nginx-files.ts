// What an nginx finds on disk when it starts: its folders, its Lua modules, the routes.

import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Routes, ServerLayout } from '../ports/web-server.ts';
import { routesAsLines } from './nginx-lines.ts';

/** `modules`: file name → text. */
export async function writeServerFiles(
  { prefix, lua, control, routes: file }: ServerLayout,
  modules: Record<string, string>,
  routes: Routes,
): Promise<void> {
  await mkdir(join(prefix, 'temp'), { recursive: true });
  // The socket itself is open to all (nginx makes it so): its folder is not.
  await mkdir(dirname(control), { recursive: true, mode: 0o700 });
  await mkdir(lua, { recursive: true });
  for (const [name, text] of Object.entries(modules)) await writeFile(join(lua, name), text);
  const staged = `${file}.new`;
  await rm(staged, { force: true });
  await writeFile(staged, routesAsLines(routes));
  await rename(staged, file);
}
