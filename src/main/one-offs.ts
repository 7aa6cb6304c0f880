// One-off containers on this machine's Engine, with config values from the store.

import { DockerStreams } from '../adapters/docker-streams.ts';
import { systemClock as clock } from '../adapters/system-clock.ts';
import { configKey, openValues } from '../agent/app-values.ts';
import { OneOffs } from '../agent/one-off/one-offs.ts';
import { withTag } from '../model/platform-unit.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { Log } from '../ports/log.ts';
import type { Vault } from '../ports/vault.ts';
import type { Registry } from '../registry/registry.ts';

export interface OneOffParts {
  registry: Registry;
  engine: ContainerEngine;
  vault: Vault;
  log: Log;
}

export function oneOffsOf({ registry, engine, vault, log }: OneOffParts): OneOffs {
  return new OneOffs({
    engine,
    streams: new DockerStreams(),
    values: async ({ process }, signal) =>
      openValues(vault, process, await registry.store.get(configKey(process), signal)),
    fetch: async ({ process }, tell, signal) => {
      const image = withTag(process.image);
      if (await engine.imageExists(image, signal)) return;
      tell('pulling the image');
      await engine.pull(image, signal);
    },
    isAlive,
    clock,
    log,
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
