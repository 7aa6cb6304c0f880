// Values about machines as a whole: whose turn it is to reboot, where the store is.

import { z } from 'zod';
import type { RebootTurn } from '../model/reboot.ts';

export const rebootTurn = z.object({
  machine: z.string(),
  name: z.string(),
  bootId: z.string(),
  by: z.enum(['operator', 'system']),
  since: z.string(),
}) satisfies z.ZodType<RebootTurn>;

/** Client URLs, `https://10.0.0.1:2379`. */
export const storeMembers = z.object({ endpoints: z.array(z.string()).min(1) });
