// The commands under `deisctl local`. To add one: its file here and its row.
import type { Command } from '@oclif/core';
import Boot from './boot.ts';
import Cut from './cut.ts';
import Doors from './doors.ts';
import Down from './down.ts';
import Exec from './exec.ts';
import Heal from './heal.ts';
import Kill from './kill.ts';
import Start from './start.ts';
import Status from './status.ts';
import Up from './up.ts';

export const LOCAL_COMMANDS: Record<string, Command.Class> = {
  'local:boot': Boot,
  'local:cut': Cut,
  'local:doors': Doors,
  'local:down': Down,
  'local:exec': Exec,
  'local:heal': Heal,
  'local:kill': Kill,
  'local:start': Start,
  'local:status': Status,
  'local:up': Up,
};
