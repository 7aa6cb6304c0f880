// Values of formations, layers, nodes, flavors and providers.

import { z } from 'zod';
import type { Flavor, Formation, Layer, Node, Provider } from '../model/formation.ts';

const words = z.string();
const pairs = z.record(words, words);
/** Every one of them has a name and was made at some time. */
const named = { id: words, created: words };
/** What a provider is told. */
const toldProvider = { ...named, params: pairs };
const planes = { runtime: z.boolean(), proxy: z.boolean(), control: z.boolean() };

export const formation = z.object({
  ...named,
  domain: words.optional(),
}) as z.ZodType<Formation>;

export const layer: z.ZodType<Layer> = z.object({
  ...named,
  ...planes,
  formation: words,
  flavor: words,
});

export const flavor: z.ZodType<Flavor> = z.object({ ...toldProvider, provider: words });

export const provider: z.ZodType<Provider> = z.object({ ...toldProvider, type: words });

const access = z.object({
  host: words,
  port: z.number().int(),
  user: words,
  hostKey: words,
  key: words.optional(),
});

export const node = z.object({
  ...named,
  machine: words,
  formation: words,
  layer: words,
  number: z.number().int(),
  provider: words,
  address: words,
  labels: pairs,
  access: access.optional(),
  mayCarryStore: z.boolean().optional(),
}) as z.ZodType<Node>;
