// `deisd agent`: runs this machine's units, stands for election as scheduler, answers the cluster, opens the registry door.

import { cpus, totalmem } from 'node:os';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerExec } from '../adapters/docker-exec.ts';
import { DockerEngine } from '../adapters/docker-engine.ts';
import { dockerWaste } from '../adapters/docker-waste.ts';
import { iptablesFence } from '../adapters/iptables-fence.ts';
import { Journal } from '../adapters/journal.ts';
import { systemLog } from '../adapters/journald-log.ts';
import { LoggerClient } from '../adapters/logger-client.ts';
import { machineLoad } from '../adapters/machine-load.ts';
import { machineProbe } from '../adapters/machine-probe.ts';
import { procSys } from '../adapters/proc-sys.ts';
import { feedWatchdog, notify } from '../adapters/service-notify.ts';
import { systemClock as clock } from '../adapters/system-clock.ts';
import { SystemdUnits } from '../adapters/systemd-units.ts';
import { fileTemplates as templates } from '../adapters/templates.ts';
import { aesVault } from '../adapters/vault.ts';
import { runAgent } from '../agent/agent.ts';
import type { Departure } from '../agent/departure.ts';
import { serveApi } from '../agent/api/server.ts';
import { serveFleetLock } from '../agent/reboot/fleet-lock.ts';
import { Tidy } from '../agent/garbage/tidy.ts';
import { keepStackAhead } from '../agent/stack-ahead.ts';
import { runFleet } from '../fleet/fleet.ts';
import { offerFarEnd } from '../fleet/offer-far-end.ts';
import { probeWith } from '../agent/probe.ts';
import { runIsolation } from '../agent/isolation/isolation.ts';
import { makeRoomForConnections } from '../agent/many-connections.ts';
import { Shipper } from '../agent/shipping/shipper.ts';
import { ifMissing } from '../model/missing.ts';
import { toDeisError } from '../model/errors.ts';
import { FLEET_LOCK_PORT } from '../model/reboot.ts';
import type { UnitState } from '../model/unit.ts';
import { supervise } from '../daemon/supervise.ts';
import { schedulerMeter } from '../ports/scheduler-meter.ts';
import type { MachineFacts } from '../ports/machine-facts.ts';
import { runScheduler } from '../scheduler/scheduler.ts';
import { diskReport } from './disk-report.ts';
import { examineMachine } from './examine.ts';
import { keepIdentity, openIdentity } from './keep-identity.ts';
import { keepRoles } from './keep-roles.ts';
import {
  keepStoreMembers,
  type MachineConfig,
  readMachineConfig,
  readPlatformKey,
} from './machine-config.ts';
import { oneOffsOf } from './one-offs.ts';
import { openRegistry } from './open-registry.ts';
import { rebootsOf } from './reboots.ts';
import { registryDoor } from './registry-door.ts';

const PATHS = {
  state: '/var/lib/deis',
  runtime: '/run/deis',
  platformArchive: '/opt/deis/images/platform.tar',
  platformNote: '/opt/deis/images/platform.json',
  fleetSocket: '/run/fleet.sock',
};

const API_PORT = 7600;

export async function agent(signal: AbortSignal): Promise<void> {
  const log = await systemLog('deisd');
  const machine = await readMachineConfig();
  const tls = await openIdentity('deisd');
  const vault = aesVault(await readPlatformKey());
  const facts = await factsOf(machine);
  let kept = Promise.resolve();
  const registry = openRegistry(machine, tls, log, (endpoints) => {
    facts.etcd = [...endpoints];
    kept = kept
      .then(() => keepStoreMembers(endpoints))
      .catch((error: unknown) => {
        log.warn('could not keep the members', { error: toDeisError(error).message });
      });
  });
  const units = new SystemdUnits({ clock, log });
  const engine = new DockerEngine(clock);
  const oneOffs = oneOffsOf({ registry, engine, vault, log });
  const surroundings = { clock, log };
  const meter = schedulerMeter();
  const states = new Map<string, UnitState>();
  const onState = (unit: string, state: UnitState | undefined): void => {
    if (state) states.set(unit, state);
    else states.delete(unit);
  };
  let departure: Pick<Departure, 'leave' | 'move' | 'stay'> | undefined;
  const reboots = rebootsOf(facts, tls, { registry, departure: () => departure, ...surroundings });
  const tidy = new Tidy({
    registry,
    waste: dockerWaste(),
    waiterDirectory: `${PATHS.state}/units`,
    platformNote: PATHS.platformNote,
    ...surroundings,
  });
  const parts = {
    agent: (given: AbortSignal) =>
      runAgent(
        {
          registry,
          units,
          engine,
          vault,
          templates,
          clock,
          log,
          facts,
          paths: PATHS,
          onState,
          probe: probeWith(dockerExec()),
          onDeparture: (given) => (departure = given),
        },
        given,
      ),
    scheduler: (given: AbortSignal) =>
      runScheduler(
        { registry, log, clock, machineId: machine.id, probe: machineProbe(tls), meter },
        given,
      ),
    fleet: (given: AbortSignal) =>
      runFleet(
        { registry, meter, ip: machine.ip, socket: PATHS.fleetSocket, ...surroundings },
        given,
      ),
    api: (given: AbortSignal) =>
      serveApi(
        {
          logs: new Journal(),
          unitStates: () => Object.fromEntries(states),
          load: () => machineLoad(containersOf(states)),
          leave: (asked) => leaving(departure, asked),
          stay: () => departure?.stay(),
          reboot: (by, asked) => reboots.reboot({ by, waits: by === 'operator' }, asked),
          disk: (asked) => diskReport(tidy, machine.ip, tls, asked),
          examine: (targets, asked) => examineMachine(machine, tls, targets, asked),
          tls,
          host: machine.ip,
          port: API_PORT,
          clock,
          log,
          runs: oneOffs,
        },
        given,
      ),
    oneOffs: (given: AbortSignal) => oneOffs.run(given),
    reboots: (given: AbortSignal) => reboots.run(given),
    updates: (given: AbortSignal) =>
      serveFleetLock({ reboots, port: FLEET_LOCK_PORT, ...surroundings }, given),
    garbage: (given: AbortSignal) => tidy.run(given),
    stack: (given: AbortSignal) => keepStackAhead({ engine, ...surroundings }, given),
    isolation: (given: AbortSignal) =>
      runIsolation(
        { registry, fence: iptablesFence, facts, state: `${PATHS.state}/agent`, clock, log },
        given,
      ),
    connections: (given: AbortSignal) =>
      makeRoomForConnections({ kernel: procSys(), ...surroundings }, given),
    door: (given: AbortSignal) => registryDoor(registry, machine, tls, log, given),
    shipping: (given: AbortSignal) =>
      new Shipper({
        registry,
        journal: new Journal(),
        door: new LoggerClient(tls),
        machine: { id: machine.id, name: machine.name },
        state: `${PATHS.state}/agent`,
        clock,
        log,
      }).run(given),
    identity: (given: AbortSignal) =>
      keepIdentity(
        { component: 'deisd', identity: tls, machine: machine.id, registry, clock, log },
        given,
      ),
    roles: (given: AbortSignal) =>
      keepRoles({ registry, tls, endpoints: () => facts.etcd, ...surroundings }, given),
    watchdog: (given: AbortSignal) => feedWatchdog(clock, log, given),
  };
  await offerFarEnd(log);
  const running = Promise.all(
    Object.entries(parts).map(([name, work]) => supervise(name, work, surroundings, signal)),
  );
  await notify(['READY=1', `STATUS=machine ${machine.name}`], log, signal);
  await running;
  await kept;
  units.close();
  registry.store.close();
  await log.close();
}

/** Between two lives of the agent there is nobody who could move anything. */
async function* leaving(
  departure: Pick<Departure, 'leave'> | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  if (departure) yield* departure.leave(signal);
  else yield 'the agent has not begun yet: nothing is moved\n';
}

async function factsOf(machine: MachineConfig): Promise<MachineFacts> {
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return {
    id: machine.id,
    bootId,
    name: machine.name,
    ip: machine.ip,
    cluster: machine.cluster,
    metadata: machine.metadata,
    capacity: { memory: totalmem(), cpus: cpus().length },
    hostKeys: await hostKeys(),
    etcd: machine.etcd,
  };
}

/** Ids by unit name, of what runs. */
function containersOf(states: ReadonlyMap<string, UnitState>): Map<string, string> {
  const running = [...states].filter(([, state]) => state.active === 'active');
  return new Map(
    running.flatMap(([unit, { containerId }]) => (containerId ? [[unit, containerId]] : [])),
  );
}

/** `ssh-ed25519 AAAA…` of each of sshd's public keys. */
async function hostKeys(): Promise<string[]> {
  const folder = '/etc/ssh';
  const files = (await readdir(folder).catch(ifMissing<string[]>([]))).filter((file) =>
    /^ssh_host_.*_key\.pub$/.test(file),
  );
  const lines = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return lines.map((line) => line.trim().split(/\s+/).slice(0, 2).join(' ')).toSorted();
}
