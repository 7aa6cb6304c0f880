// deisctl refresh-units: the unit files of this version as files that an operator may change.

import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkoutRoot } from '../../machines/checkout.ts';
import { DeisError } from '../../model/errors.ts';
import { VERSION } from '../../model/version.ts';
import type { Output } from '../output.ts';

/** Deis v1 fetched any tag from the network; here a program brings the files of its own version. Throws DeisError 'unsupported' for another. */
export async function refreshUnits(
  { path, tag }: { path: string; tag: string | undefined },
  output: Output,
): Promise<void> {
  const own = `v${VERSION}`;
  if (tag !== undefined && ![own, VERSION].includes(tag)) {
    throw new DeisError(
      'unsupported',
      `this deisctl brings the unit files of ${own}, not of ${tag}`,
      `Leave --tag out, or run refresh-units of the deisctl of ${tag}.`,
    );
  }
  const to = path.replace(/^(\$HOME|~)(?=\/|$)/, () => homedir());
  const from = join(checkoutRoot(), 'units');
  for (const folder of ['', 'decorators']) {
    await mkdir(join(to, folder), { recursive: true });
    for (const file of await unitFiles(join(from, folder))) {
      await writeFile(join(to, folder, file), await readFile(join(from, folder, file)));
      output.line(`Refreshed ${join(folder, file)} from ${own}`);
    }
  }
}

async function unitFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /\.service(\.decorator)?$/.test(name)).toSorted();
}
