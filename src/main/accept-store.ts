// `deisd accept-store`: an operator says on a machine that the store which its parts distrust is the right one.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STATE = '/var/lib/deis';
/** Parts that distrust a store that went back or is another one; each looks for the file in its own folder. */
const PARTS = ['agent', 'router'];
const FILE = 'accept-store';

/** Leaves the word for each part that has ever run here; each takes it away when it has acted on it. */
export async function acceptStore(): Promise<void> {
  for (const part of PARTS) {
    const folder = join(STATE, part);
    if (part !== 'agent' && !existsSync(folder)) continue;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, FILE), '');
    process.stdout.write(`The ${part} of this machine is going to obey the store it sees now.\n`);
  }
}
