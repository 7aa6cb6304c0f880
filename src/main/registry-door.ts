// The registry door of this machine, told by the store which replicas are published.

import type { AskerTls } from '../adapters/tls-beside-plain.ts';
import { Door } from '../agent/door.ts';
import type { Log } from '../ports/log.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import type { Registry } from '../registry/registry.ts';
import type { MachineConfig } from './machine-config.ts';

const LISTEN = { host: '127.0.0.1', port: 5555 };
const GROUP = 'deis-registry';
const REGISTRY_PORT = 5000;

/** Resolves when the signal aborts. Without the store it goes on with what it knew, or with the machine's own replica. */
export async function registryDoor(
  registry: Registry,
  machine: MachineConfig,
  tls: AskerTls,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const services = new Mirror(keys.services, [GROUP]);
  const replicas = (): string[] =>
    services.revision === 0
      ? [`${machine.ip}:${REGISTRY_PORT}`]
      : services.items().map(({ value }) => value);
  const door = new Door({ listen: LISTEN, replicas, tls, log });
  await door.open();
  try {
    await services.start(registry.store, () => undefined, signal);
  } finally {
    await door.close();
  }
}
