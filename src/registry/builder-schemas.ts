// Shapes of the records that builders keep.

import { z } from 'zod';
import type { BuildLog, PushedRefs } from '../model/push.ts';

const text = z.string();

export const pushedRefs = z.object({
  uuid: text,
  refs: z.record(text, text),
  updated: text,
}) satisfies z.ZodType<PushedRefs>;

export const buildLog = z.object({
  user: text,
  sha: text,
  outcome: z.enum(['released', 'failed', 'abandoned']),
  release: z.number().int().optional(),
  started: text,
  ended: text,
  text,
}) as z.ZodType<BuildLog>;
