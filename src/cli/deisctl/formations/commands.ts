// The commands about formations, layers, flavors and providers. To add one: its file and its row.

import type { Command } from '@oclif/core';
import FlavorsCreate from '../flavors/create.ts';
import FlavorsUpdate from '../flavors/update.ts';
import LayersCreate from '../layers/create.ts';
import LayersScale from '../layers/scale.ts';
import LayersUpdate from '../layers/update.ts';
import ProvidersCreate from '../providers/create.ts';
import ProvidersUpdate from '../providers/update.ts';
import FormationsBalance from './balance.ts';
import FormationsCalculate from './calculate.ts';
import FormationsConverge from './converge.ts';
import FormationsCreate from './create.ts';
import { recordCommands } from './record-commands.ts';
import FormationsUpdate from './update.ts';

export const FORMATION_COMMANDS: Record<string, Command.Class> = {
  ...recordCommands('formations'),
  'formations:balance': FormationsBalance,
  'formations:calculate': FormationsCalculate,
  'formations:converge': FormationsConverge,
  'formations:create': FormationsCreate,
  'formations:update': FormationsUpdate,
  ...recordCommands('layers'),
  'layers:create': LayersCreate,
  'layers:scale': LayersScale,
  'layers:update': LayersUpdate,
  ...recordCommands('flavors'),
  'flavors:create': FlavorsCreate,
  'flavors:update': FlavorsUpdate,
  ...recordCommands('providers'),
  'providers:create': ProvidersCreate,
  'providers:update': ProvidersUpdate,
};
