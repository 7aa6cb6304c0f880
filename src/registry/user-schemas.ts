// Shapes of the records that people make around their apps: keys, domains, certificates, the trail of changes.

import { z } from 'zod';
import type { AuditEvent } from '../model/audit.ts';
import type { Certificate, Domain } from '../model/domain.ts';
import type { PublicKey } from '../model/public-key.ts';

const text = z.string();
const dates = { created: text, updated: text };

export const publicKey = z.object({
  uuid: text,
  id: text,
  owner: text,
  public: text,
  fingerprint: text,
  ...dates,
}) satisfies z.ZodType<PublicKey>;

export const domain = z.object({
  domain: text,
  spelled: text.optional(),
  app: text,
  owner: text,
  ...dates,
}) as z.ZodType<Domain>;

export const certificate = z.object({
  commonName: text,
  owner: text,
  certificate: text,
  key: text,
  sans: z.array(text),
  expires: text,
  fingerprint: text,
  ...dates,
}) satisfies z.ZodType<Certificate>;

export const auditEvent = z.object({
  at: text,
  user: text,
  action: text,
  text,
  release: z.number().int().optional(),
  request: text.optional(),
}) as z.ZodType<AuditEvent>;
