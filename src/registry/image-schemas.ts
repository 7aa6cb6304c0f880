// Shapes of the records about images: where they may be read, and whose may go.

import { z } from 'zod';
import type { Grave } from '../model/grave.ts';

const text = z.string();

export const grave = z.object({
  app: text,
  uuid: text,
  destroyed: text,
}) satisfies z.ZodType<Grave>;
