// `deisd registry <unit>`: one replica of the platform's image registry, distribution behind a front of ours.

import { distribution } from '../adapters/distribution.ts';
import { jsonLog } from '../adapters/json-log.ts';
import { registryCopies } from '../adapters/registry-copies.ts';
import { systemClock as clock } from '../adapters/system-clock.ts';
import { speakTlsToo } from '../adapters/tls-beside-plain.ts';
import { runReplica } from '../images/registry.ts';
import { keepIdentity, openIdentity } from './keep-identity.ts';
import { readMachineConfig } from './machine-config.ts';
import { openRegistry } from './open-registry.ts';

const PROGRAM = '/usr/bin/docker-registry';
/** In the container: gone with it. */
const RUNTIME = '/run/deis-registry';
/** On the machine: survives. */
const FOLDER = '/var/lib/registry';
const PORT = 5000;
const STORE_PORT = 5001;
/** Doors of machines, controllers, and other replicas. */
const MAY_ASK = ['deisd', 'controller', 'registry', 'operator'];

export async function registry(_args: string[], signal: AbortSignal): Promise<void> {
  const log = jsonLog();
  const machine = await readMachineConfig();
  const identity = await openIdentity('registry');
  const store = openRegistry(machine, identity, log);
  const about = { component: 'registry', identity, machine: machine.id };
  const keeping = keepIdentity({ ...about, registry: store, clock, log }, signal);
  await runReplica(
    {
      registry: store,
      machine: { id: machine.id, ip: machine.ip },
      port: PORT,
      storePort: STORE_PORT,
      folder: FOLDER,
      images: distribution({ program: PROGRAM, folder: RUNTIME, log }),
      copies: registryCopies(identity),
      secure: (server) => speakTlsToo(server, identity, MAY_ASK, log),
      clock,
      log,
    },
    signal,
  );
  await keeping;
  store.store.close();
}
