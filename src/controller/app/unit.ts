// The wanted unit of one container: what a release says, as an agent must run it.

import type { AppProcess, Build, Release } from '../../model/app.ts';
import { DEFAULT_POLICY, type DeployPolicy } from '../../model/deploy-policy.ts';
import { type ContainerName, appUnitName } from '../../model/ids.ts';
import type { UnitOption, WantedUnit } from '../../model/unit.ts';
import { healthCheck } from '../rules/health-check.ts';
import { engineShares, memoryBytes } from '../rules/limits.ts';
import type { Settings } from '../rules/settings.ts';

/** Process types that get requests (reference §1.13): `cmd` is the image's own command. */
const ROUTED = ['web', 'cmd'];

export function isRouted(type: string): boolean {
  return ROUTED.includes(type);
}

export function appUnit(
  name: ContainerName,
  release: Release,
  build: Build,
  settings: Settings,
  policy: Partial<DeployPolicy> = {},
  formation?: string,
): WantedUnit {
  return {
    name: appUnitName(name),
    kind: 'app',
    desired: 'launched',
    options: [...Object.entries(settings.tags).map(machineTag), ...placeOf(formation)],
    restarts: 0,
    process: appProcess(name, release, build, settings, policy),
  };
}

function appProcess(
  name: ContainerName,
  release: Release,
  build: Build,
  settings: Settings,
  policy: Partial<DeployPolicy>,
): AppProcess {
  const { stopTimeout, drainTimeout, withdrawLast } = { ...DEFAULT_POLICY, ...policy };
  const memory = memoryBytes(settings.memory[name.type] ?? '');
  const cpuShares = engineShares(settings.cpu[name.type] ?? 0);
  return {
    ...name,
    image: build.reference,
    command: command(name.type, build),
    config: release.config,
    routed: isRouted(name.type),
    port: null,
    check: {
      ...healthCheck(isRouted(name.type) ? settings.values : {}, build, name.type),
      ...(withdrawLast ? { withdrawLast } : {}),
    },
    ...(memory === undefined ? {} : { memory }),
    ...(cpuShares === undefined ? {} : { cpuShares }),
    stopTimeout,
    drainTimeout,
  };
}

/**
 * Reference §1.13. A Procfile line is a shell's: Deis v1 took bash, but few small images have one and all have a
 * POSIX sh, where bash is not needed for what Procfiles say. Slug builds (a commit, no Dockerfile) bring `start`.
 */
function command(type: string, build: Build): string[] | null {
  const line = Object.hasOwn(build.procfile, type) ? build.procfile[type] : undefined;
  if (build.sha !== '' && build.dockerfile === '') return ['start', type];
  if (line !== undefined) return ['/bin/sh', '-c', line];
  return type === 'cmd' ? null : ['start', type];
}

/** A tag names machines by their metadata (reference/fleet §2): all tags must match. */
function machineTag([key, value]: [string, string]): UnitOption {
  return { section: 'X-Fleet', name: 'MachineMetadata', value: `${key}=${value}` };
}

/** As the scheduler reads it: model/requirements.ts. */
function placeOf(formation: string | undefined): UnitOption[] {
  return formation === undefined
    ? []
    : [{ section: 'X-Deis', name: 'Formation', value: formation }];
}
