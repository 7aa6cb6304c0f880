// The commands about contexts; a table of its own, so that deisctl's stays short.

import type { Command } from '@oclif/core';
import ContextsAdd from '../deisctl/contexts/add.ts';
import ContextsList from '../deisctl/contexts/list.ts';
import ContextsRemove from '../deisctl/contexts/remove.ts';
import ContextsUse from '../deisctl/contexts/use.ts';

export const CONTEXT_COMMANDS: Record<string, Command.Class> = {
  'contexts:add': ContextsAdd,
  'contexts:list': ContextsList,
  'contexts:rm': ContextsRemove,
  'contexts:use': ContextsUse,
};
