// deisctl: the operator's program. To add a command: a file with its verb here, and its row in COMMANDS.

import type { Command, Hook } from '@oclif/core';
import { CONTEXT_COMMANDS } from '../contexts/commands.ts';
import { GLOBAL_FLAGS, WITH_VALUE } from '../global-flags.ts';
import { unknownCommand } from '../not-found.ts';
import Autocomplete from './autocomplete.ts';
import { CERT_COMMANDS } from './certs/commands.ts';
import Config from './config.ts';
import Cordon from './cordon.ts';
import Destroy from './destroy.ts';
import Disk from './disk.ts';
import Dock from './dock.ts';
import Doctor from './doctor.ts';
import Drain from './drain.ts';
import Events from './events.ts';
import Ignition from './ignition.ts';
import Install from './install.ts';
import Journal from './journal.ts';
import List from './list.ts';
import { FORMATION_COMMANDS } from './formations/commands.ts';
import { LOCAL_COMMANDS } from './local/commands.ts';
import Machines from './machines.ts';
import { NODE_COMMANDS } from './nodes/commands.ts';
import Plan from './plan.ts';
import Rebalance from './rebalance.ts';
import Reboot from './reboot.ts';
import RefreshUnits from './refresh-units.ts';
import Restart from './restart.ts';
import RollingRestart from './rolling-restart.ts';
import Scale from './scale.ts';
import Ssh from './ssh.ts';
import Start from './start.ts';
import Status from './status.ts';
import Stop from './stop.ts';
import Submit from './submit.ts';
import Top from './top.ts';
import Uncordon from './uncordon.ts';
import Uninstall from './uninstall.ts';
import UpgradePrep from './upgrade-prep.ts';
import UpgradeTakeover from './upgrade-takeover.ts';
import Why from './why.ts';
import { knownIds, runProgram } from '../program.ts';
import { arrange } from '../reach/remote-words.ts';
import { addUsage } from '../usage.ts';

export const COMMANDS: Record<string, Command.Class> = {
  ...FORMATION_COMMANDS,
  ...LOCAL_COMMANDS,
  ...CONTEXT_COMMANDS,
  autocomplete: Autocomplete,
  ...CERT_COMMANDS,
  config: Config,
  cordon: Cordon,
  destroy: Destroy,
  disk: Disk,
  dock: Dock,
  doctor: Doctor,
  drain: Drain,
  events: Events,
  ignition: Ignition,
  install: Install,
  journal: Journal,
  list: List,
  machines: Machines,
  ...NODE_COMMANDS,
  plan: Plan,
  rebalance: Rebalance,
  reboot: Reboot,
  'refresh-units': RefreshUnits,
  restart: Restart,
  'rolling-restart': RollingRestart,
  scale: Scale,
  ssh: Ssh,
  start: Start,
  status: Status,
  stop: Stop,
  submit: Submit,
  top: Top,
  uncordon: Uncordon,
  uninstall: Uninstall,
  'upgrade-prep': UpgradePrep,
  'upgrade-takeover': UpgradeTakeover,
  why: Why,
};

addUsage(COMMANDS);

const TOPICS = {
  certs: 'The certificates by which the parts of the platform know each other.',
  contexts: 'Names for several clusters, and which one is meant.',
  local: 'Real machines on this computer: systemd, Docker and etcd on each.',
  nodes: 'Machines as they join and leave.',
  formations: 'Pools of machines with their own domain and routers.',
  layers: 'Machines of a formation that are alike.',
  flavors: 'Templates that machines are made from.',
  providers: 'Where machines come from.',
};

export const notFound: Hook.CommandNotFound = async ({ id }) => {
  unknownCommand('deisctl', id, knownIds(COMMANDS));
};

/** oclif looks at every flag of every command at each start, 50 µs each: only the command that was typed keeps those that all have. */
function lighten(typed = ''): void {
  if (typed === 'autocomplete') return;
  const heavy = Object.entries(COMMANDS).filter(([, { baseFlags }]) => baseFlags === GLOBAL_FLAGS);
  const isMeant = ([id, { aliases }]: (typeof heavy)[number]): boolean =>
    id === typed || aliases?.includes(typed) === true;
  for (const [, command] of heavy) command.baseFlags = {};
  // Last: a command that is made from another one would lose them with it.
  for (const [, command] of heavy.filter(isMeant)) command.baseFlags = GLOBAL_FLAGS;
}

/** Resolves to the exit status. */
export function main(argv: string[]): Promise<number> {
  return runProgram(
    {
      name: 'deisctl',
      description: 'Install, run and look after a Deis platform.',
      module: import.meta.url,
      commands: COMMANDS,
      topics: TOPICS,
      separator: ' ',
      withValue: WITH_VALUE,
      arrange: (words) => {
        lighten(words[0]);
        return arrange(words);
      },
    },
    argv,
  );
}
