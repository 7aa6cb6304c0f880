// The container a wanted unit needs on this machine, with its image already here; none for units that are for systemd alone.

import type { HealthCheck } from '../model/app.ts';
import type { ContainerSpec } from '../model/container-spec.ts';
import { DeisError } from '../model/errors.ts';
import { type MachineNames, parsePlatformUnit, withTag } from '../model/platform-unit.ts';
import type { WantedUnit } from '../model/unit.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { Entry } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Batch } from './batch.ts';
import { appContainer } from './app-container.ts';
import { configKey, openValues } from './app-values.ts';
import type { HostPorts } from './host-ports.ts';
import type { Limit } from '../daemon/limit.ts';
import { exactImage } from './platform-image.ts';
import type { Unit } from './unit.ts';
import { workerCheck } from './worker-check.ts';
import type { Routed } from './view.ts';

export interface Container {
  spec?: ContainerSpec;
  routed?: Routed;
  check?: HealthCheck;
  image?: string;
  /** Seconds. */
  drainTimeout: number;
}

export interface ContainerSource {
  machine: MachineNames;
  engine: ContainerEngine;
  vault: Vault;
  ports: HostPorts;
  reads: Batch<string, Entry | undefined>;
  pulls: Limit;
  /** OCI archive with the platform's own image, which comes from no registry. */
  platformArchive: string;
  /** Says which image is in it: `{"reference"}`. */
  platformNote: string;
  /** A unit has begun, or ceased, to wait for its image. */
  hint: () => void;
}

const DRAIN_TIMEOUT = 30;
const DEFAULT_PORT = 5000;

export async function containerOf(
  source: ContainerSource,
  unit: Unit,
  wanted: WantedUnit,
  signal: AbortSignal,
): Promise<Container> {
  if (wanted.kind === 'app') return ofApp(source, unit, wanted, signal);
  if (wanted.kind === 'platform') return ofPlatform(source, unit, wanted, signal);
  return { drainTimeout: DRAIN_TIMEOUT };
}

async function ofPlatform(
  source: ContainerSource,
  unit: Unit,
  { name, options }: WantedUnit,
  signal: AbortSignal,
): Promise<Container> {
  const parsed = parsePlatformUnit(name, options, source.machine);
  if ('problem' in parsed) throw new DeisError('invalid', parsed.problem);
  const { container, route, drainTimeout = DRAIN_TIMEOUT } = parsed.unit;
  const spec = container && {
    ...container,
    image: await exactImage(container.image, source.platformNote),
  };
  if (spec) await fetchImage(source, unit, spec.image, signal);
  const network = spec?.network ?? 'host';
  return {
    ...(spec && { spec, image: spec.image }),
    ...(route && {
      routed: {
        app: route.app,
        hostPort: route.port,
        network,
        containerPort: route.port,
        check: route.check,
      },
    }),
    drainTimeout,
  };
}

async function ofApp(
  source: ContainerSource,
  unit: Unit,
  { name, process }: WantedUnit,
  signal: AbortSignal,
): Promise<Container> {
  if (!process) throw new DeisError('invalid', `the wanted unit ${name} says nothing to run`);
  const image = withTag(process.image);
  await fetchImage(source, unit, image, signal);
  const entry = await source.reads.add(configKey(process));
  const values = openValues(source.vault, process, entry);
  if (!process.routed) {
    const spec = appContainer({ unit: name, process, image, values });
    const check = workerCheck(process.check);
    return { spec, image, ...(check && { check }), drainTimeout: process.drainTimeout };
  }
  const port = process.port ?? (await portOf(source, image, values, signal));
  const hostPort = await source.ports.take(name);
  return {
    spec: appContainer({
      unit: name,
      process,
      image,
      values,
      port: { container: port, host: hostPort },
    }),
    image,
    routed: {
      app: process.app,
      hostPort,
      network: 'bridge',
      containerPort: port,
      check: process.check,
    },
    drainTimeout: process.drainTimeout,
  };
}

/** `PORT` of the app's config, else the one port its image EXPOSEs, else 5000. */
async function portOf(
  { engine }: ContainerSource,
  image: string,
  values: Record<string, string>,
  signal: AbortSignal,
): Promise<number> {
  const asked = Number(values['PORT']);
  if (Number.isInteger(asked) && asked > 0 && asked < 65_536) return asked;
  const exposed = await engine.exposedPorts(image, signal);
  return exposed.length === 1 ? exposed[0]! : DEFAULT_PORT;
}

async function fetchImage(
  { engine, pulls, platformArchive, hint }: ContainerSource,
  unit: Unit,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  if (await engine.imageExists(image, signal)) return;
  unit.busy = { ...unit.busy, life: 'pull' };
  hint();
  try {
    await pulls.run(async () => {
      if (await engine.imageExists(image, signal)) return;
      if (unit.kind === 'platform' && image.startsWith('deis/')) {
        await engine.loadArchive(platformArchive, signal);
      } else {
        await engine.pull(image, signal);
      }
    }, signal);
  } finally {
    unit.busy = { ...unit.busy, life: 'prepare' };
  }
}
