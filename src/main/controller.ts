// `deisd controller <unit>`: the API of this machine, and a driver of deployments.

import { jsonLog } from '../adapters/json-log.ts';
import { LoggerClient } from '../adapters/logger-client.ts';
import { MachineClient } from '../adapters/machine-client.ts';
import { machineRuns } from '../adapters/machine-runs.ts';
import { registryImages } from '../adapters/registry-client.ts';
import { scryptPasswords } from '../adapters/scrypt.ts';
import { systemClock as clock } from '../adapters/system-clock.ts';
import { speakTlsToo } from '../adapters/tls-beside-plain.ts';
import { aesVault } from '../adapters/vault.ts';
import { runController } from '../controller/controller.ts';
import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';
import { appLogs } from './app-logs.ts';
import { foresight } from './foresight.ts';
import { keepIdentity, openIdentity } from './keep-identity.ts';
import { readMachineConfig, readPlatformKey } from './machine-config.ts';
import { openRegistry } from './open-registry.ts';

const PORT = 8000;
const REGISTRY_GROUP = 'deis-registry';

export async function controller(_args: string[], signal: AbortSignal): Promise<void> {
  const log = jsonLog();
  const machine = await readMachineConfig();
  const tls = await openIdentity('controller');
  const registry = openRegistry(machine, tls, log);
  const about = { component: 'controller', identity: tls, machine: machine.id };
  const keeping = keepIdentity({ ...about, registry, clock, log }, signal);
  await runController(
    {
      registry,
      vault: aesVault(await readPlatformKey()),
      clock,
      machine: { name: machine.name, ip: machine.ip, id: machine.id },
      log,
      images: registryImages((given) => replicas(registry, given), log, tls),
      runs: machineRuns(tls),
      logs: appLogs({
        registry,
        machines: new MachineClient(tls),
        logger: new LoggerClient(tls),
        clock,
        log,
      }),
      passwords: scryptPasswords(),
      foresight: foresight(registry, clock),
      listen: { host: machine.ip, port: PORT },
      secure: (server) => speakTlsToo(server, tls, ['builder', 'operator'], log),
    },
    signal,
  );
  await keeping;
  registry.store.close();
}

async function replicas(registry: Registry, signal: AbortSignal): Promise<string[]> {
  const { items } = await registry.list(keys.services, [REGISTRY_GROUP], signal);
  return items.map(({ value }) => value);
}
