// Which image the platform's own units run: the one this machine was brought last, found when a unit is made ready.
// A unit that runs keeps its image until it is changed or restarted: an upgrade rolls at the operator's pace.

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DeisError } from '../model/errors.ts';

const NAME = 'deis/platform';
const note = z.object({ reference: z.string() });

/** `deis/platform` or `deis/platform:latest` as the exact reference in the note beside the archive; any other as it is. */
export async function exactImage(image: string, notePath: string): Promise<string> {
  if (image !== NAME && image !== `${NAME}:latest`) return image;
  try {
    return note.parse(JSON.parse(await readFile(notePath, 'utf8'))).reference;
  } catch (cause) {
    throw new DeisError(
      'unsupported',
      `this machine has no platform image: ${notePath} cannot be read`,
      'Bring it: `deisctl local up` for a local cluster.',
      { cause },
    );
  }
}
