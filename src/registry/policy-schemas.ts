// Shapes of what apps set about their deployments.

import { z } from 'zod';
import type { DeployPolicy, PolicyRecord } from '../model/deploy-policy.ts';

const whole = z.number().int().nonnegative();

export const deployPolicy = z.object({
  deadline: whole.optional(),
  minHealthy: whole.optional(),
  batch: whole.optional(),
  autoRevert: z.boolean().optional(),
  releaseTimeout: whole.optional(),
  stopTimeout: whole.optional(),
  drainTimeout: whole.optional(),
  withdrawLast: z.boolean().optional(),
}) as z.ZodType<Partial<DeployPolicy>>;

export const policyRecord = z.object({
  app: z.string(),
  policy: deployPolicy,
  updated: z.string(),
}) satisfies z.ZodType<PolicyRecord>;
