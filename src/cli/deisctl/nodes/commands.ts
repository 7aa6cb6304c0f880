// The commands under `deisctl nodes`. To add one: its file here and its row.
import type { Command } from '@oclif/core';
import Create from './create.ts';
import Destroy from './destroy.ts';
import Info from './info.ts';
import List from './list.ts';
import Scale from './scale.ts';
import Update from './update.ts';

export const NODE_COMMANDS: Record<string, Command.Class> = {
  'nodes:create': Create,
  'nodes:destroy': Destroy,
  'nodes:info': Info,
  'nodes:list': List,
  'nodes:scale': Scale,
  'nodes:update': Update,
};
