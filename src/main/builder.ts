// `deisd builder <unit>`: the SSH door of this machine, git behind it, and what makes images of what was pushed.

import { controllerHooks } from '../adapters/controller-hooks.ts';
import { DockerImageBuilder } from '../adapters/docker-image-builder.ts';
import { gitRepositories } from '../adapters/git-repositories.ts';
import { jsonLog } from '../adapters/json-log.ts';
import { layersOf } from '../adapters/registry-layers.ts';
import { newHostKey, sshServer } from '../adapters/ssh-server.ts';
import { systemClock as clock } from '../adapters/system-clock.ts';
import { aesVault } from '../adapters/vault.ts';
import { closeAbandoned } from '../builder/build/abandoned.ts';
import { buildApp } from '../builder/build/build.ts';
import { REGISTRY_DOOR } from '../builder/build/images.ts';
import { bringStack } from '../builder/build/stack-ahead.ts';
import { runBuilder } from '../builder/builder.ts';
import { builderKey } from '../registry/builder-key.ts';
import { keys } from '../registry/keys.ts';
import { keepIdentity, openIdentity } from './keep-identity.ts';
import { readMachineConfig, readPlatformKey } from './machine-config.ts';
import { openRegistry } from './open-registry.ts';

const PORT = 2223;
const CONTROLLERS = 'deis';
/** On the machine: survives. */
const STATE = '/var/lib/deis/builder';
/** In the container: gone with it. */
const HOOKS = '/run/deis-builder/hooks';
const WORKPLACE = {
  engine: new DockerImageBuilder(),
  images: '/opt/deis/images',
  loans: '/etc/deis/loans',
  disk: '/',
  now: () => clock.monotonic(),
  layersOf: (image: string, digest: string, signal: AbortSignal) =>
    layersOf({ address: REGISTRY_DOOR }, image, digest, signal),
};

export async function builder(_args: string[], signal: AbortSignal): Promise<void> {
  const log = jsonLog();
  const machine = await readMachineConfig();
  const identity = await openIdentity('builder');
  const registry = openRegistry(machine, identity, log);
  const about = { component: 'builder', identity, machine: machine.id, registry, clock, log };
  const keeping = keepIdentity(about, signal);
  const hooks = controllerHooks({
    controllers: async (given) => {
      const { items } = await registry.list(keys.services, [CONTROLLERS], given);
      return items.map(({ value }) => value);
    },
    builderKey: (given) => builderKey(registry, given),
    tls: identity,
  });
  await closeAbandoned(WORKPLACE.engine, log, signal);
  const { engine, images } = WORKPLACE;
  const ahead = bringStack({ engine, images, clock, log }, signal);
  await runBuilder(
    {
      registry,
      vault: aesVault(await readPlatformKey()),
      clock,
      log,
      git: await gitRepositories(HOOKS),
      hooks,
      ssh: sshServer(log),
      newHostKey,
      build: (input, out, given) => buildApp(WORKPLACE, input, out, given),
      machine: { id: machine.id, name: machine.name, ip: machine.ip },
      listen: { host: machine.ip, port: PORT },
      state: STATE,
    },
    signal,
  );
  await Promise.all([ahead, keeping]);
  registry.store.close();
}
