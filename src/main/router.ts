// `deisd router <unit>`: nginx on the doors of this machine, told by the store.

import { mkdir } from 'node:fs/promises';
import { jsonLog } from '../adapters/json-log.ts';
import { Nginx } from '../adapters/nginx.ts';
import { systemClock as clock } from '../adapters/system-clock.ts';
import { fileTemplates as templates } from '../adapters/templates.ts';
import { aesVault } from '../adapters/vault.ts';
import { FORMATION_VARIABLE } from '../model/formation.ts';
import { runRouter } from '../router/router.ts';
import { luaModules } from '../router/server-file.ts';
import { keepIdentity, openIdentity } from './keep-identity.ts';
import { readMachineConfig, readPlatformKey } from './machine-config.ts';
import { openRegistry } from './open-registry.ts';

/** In the container: gone with it. */
const PREFIX = '/run/deis-router';
/** On the machine: survives. */
const STATE = '/var/lib/deis/router';
const LISTEN = { http: '80', https: '443', health: '9090', ssh: '2222' };
const DEISD_PORT = 7600;

export async function router(args: string[], signal: AbortSignal): Promise<void> {
  const log = jsonLog();
  const machine = await readMachineConfig();
  const identity = await openIdentity('router');
  const registry = openRegistry(machine, identity, log);
  await mkdir(PREFIX, { recursive: true });
  const web = new Nginx({ prefix: PREFIX, lua: luaModules(templates), clock, log });
  const unit = args[0] ?? 'deis-router.service';
  const formation = process.env[FORMATION_VARIABLE];
  const about = { component: 'router', identity, machine: machine.id, registry, clock, log };
  const keeping = keepIdentity(about, signal);
  await runRouter(
    {
      registry,
      vault: aesVault(await readPlatformKey()),
      web,
      templates,
      clock,
      log,
      machine: { id: machine.id, ip: machine.ip },
      ...(formation && { formation }),
      unit,
      state: STATE,
      listen: LISTEN,
      deisdPort: DEISD_PORT,
    },
    signal,
  );
  await keeping;
  registry.store.close();
}
