// `deisd logger <unit>`: keeps what apps print, and sends it to drains.

import { jsonLog } from '../adapters/json-log.ts';
import { syslogSinks as sinks } from '../adapters/syslog-sink.ts';
import { systemClock as clock } from '../adapters/system-clock.ts';
import { runLogger } from '../logger/logger.ts';
import { keepIdentity, openIdentity } from './keep-identity.ts';
import { readMachineConfig } from './machine-config.ts';
import { openRegistry } from './open-registry.ts';

const PORT = 8088;
/** On the machine: survives. */
const FOLDER = '/var/lib/deis/logger';

export async function logger(_args: string[], signal: AbortSignal): Promise<void> {
  const log = jsonLog();
  const machine = await readMachineConfig();
  const tls = await openIdentity('logger');
  const registry = openRegistry(machine, tls, log);
  const listen = { host: machine.ip, port: PORT };
  const about = { component: 'logger', identity: tls, machine: machine.id, registry, clock, log };
  const keeping = keepIdentity(about, signal);
  await runLogger({ registry, tls, ...listen, folder: FOLDER, sinks, clock, log }, signal);
  await keeping;
  registry.store.close();
}
