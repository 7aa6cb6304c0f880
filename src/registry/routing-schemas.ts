// Shapes of the records around routing: settings of apps, certificates that the platform gets by itself.

import { z } from 'zod';
import type { AcmeAccount, AcmeChallenge, AcmeOrder } from '../model/acme.ts';
import type { AppRouting } from '../model/app-routing.ts';

const text = z.string();

export const appRouting = z.object({
  app: text,
  settings: z.record(text, text),
  updated: text,
}) satisfies z.ZodType<AppRouting>;

export const acmeAccount = z.object({
  directory: text,
  key: text,
  url: text,
  created: text,
}) satisfies z.ZodType<AcmeAccount>;

export const acmeChallenge = z.object({
  domain: text,
  answer: text,
  created: text,
}) satisfies z.ZodType<AcmeChallenge>;

export const acmeOrder = z.object({
  domain: text,
  certificate: text.optional(),
  key: text.optional(),
  begins: text.optional(),
  expires: text.optional(),
  failures: z.number().int().nonnegative(),
  retry: text.optional(),
  problem: text.optional(),
  updated: text,
}) as z.ZodType<AcmeOrder>;
