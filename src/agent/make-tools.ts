// Puts together what the agent's actions work with.

import type { Entry } from '../ports/store.ts';
import type { Refusal, UnitFile } from '../ports/unit-manager.ts';
import { Batch } from './batch.ts';
import { ExclusiveLocks } from './exclusive-locks.ts';
import type { Fenced } from './fence.ts';
import type { HostPorts } from './host-ports.ts';
import { Limit } from '../daemon/limit.ts';
import type { AgentOptions } from './options.ts';
import { preparing } from './prepare.ts';
import type { Roster } from './roster.ts';
import { Routers } from './routers.ts';
import type { States } from './states.ts';
import type { Tools } from './tools.ts';

const STARTS_AT_ONCE = 16;
const STOPS_AT_ONCE = 32;
const PULLS_AT_ONCE = 3;

export interface Shared {
  fenced: Fenced;
  states: States;
  ports: HostPorts;
  roster: Roster;
  systemd: number;
  waiterDirectory: string;
  hint: () => void;
}

/** `signal` ends what is gathered in batches. */
export function makeTools(options: AgentOptions, shared: Shared, signal: AbortSignal): Tools {
  const { registry, units, engine, vault, templates, clock, log, facts, paths } = options;
  const { hint } = shared;
  const reads = new Batch<string, Entry | undefined>((names) =>
    registry.store.getMany(names, signal),
  );
  const prepare = preparing({
    ...shared,
    templates,
    reads,
    engine,
    vault,
    machine: facts,
    pulls: new Limit(PULLS_AT_ONCE),
    platformArchive: paths.platformArchive,
    platformNote: paths.platformNote,
  });
  return {
    ...shared,
    units,
    engine,
    prepare,
    clock,
    log,
    routers: new Routers(registry, clock),
    locks: new ExclusiveLocks({ registry, machine: facts.id, clock, log, hint }),
    installs: new Batch<UnitFile, Refusal | undefined>(async (files) => {
      const refusals = await units.install(files, signal);
      return files.map(({ name }) => refusals.find((refusal) => refusal.name === name));
    }),
    removals: new Batch<string, void>(async (names) => {
      await units.remove(names, signal);
      return names.map(() => undefined);
    }),
    starts: new Limit(STARTS_AT_ONCE),
    stops: new Limit(STOPS_AT_ONCE),
    machineIp: facts.ip,
  };
}
