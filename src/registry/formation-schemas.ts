// Values of formations, layers, nodes, flavors and providers.

import { z } from 'zod';
import type { Flavor, Formation, Layer, Node, Provider } from '../model/formation.ts';

const text = z.string();
const texts = z.record(text, text);

export const formation = z.object({
  id: text,
  domain: text.optional(),
  created: text,
}) as z.ZodType<Formation>;

export const layer = z.object({
  id: text,
  formation: text,
  flavor: text,
  runtime: z.boolean(),
  proxy: z.boolean(),
  control: z.boolean(),
  created: text,
}) satisfies z.ZodType<Layer>;

export const flavor = z.object({
  id: text,
  provider: text,
  params: texts,
  created: text,
}) satisfies z.ZodType<Flavor>;

export const provider = z.object({
  id: text,
  type: text,
  params: texts,
  created: text,
}) satisfies z.ZodType<Provider>;

export const node = z.object({
  id: text,
  machine: text,
  formation: text,
  layer: text,
  number: z.number().int(),
  provider: text,
  address: text,
  labels: texts,
  access: z
    .object({
      host: text,
      port: z.number().int(),
      user: text,
      hostKey: text,
      key: text.optional(),
    })
    .optional(),
  created: text,
}) as z.ZodType<Node>;
