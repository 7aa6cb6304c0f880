// [X-Deis] of a platform unit: the container it wants, in lines that a person can read and write.
// To add an option: a row in OPTIONS.

import type { HealthCheck } from './app.ts';
import { reservationOf } from './capacity.ts';
import type { ContainerSpec } from './container-spec.ts';
import { expandSpecifiers } from './requirements.ts';
import type { UnitOption } from './unit.ts';
import { splitWords } from './words.ts';

/** What `${MACHINE_IP}`, `${MACHINE_NAME}` and `${MACHINE_ID}` stand for in any value. */
export interface MachineNames {
  id: string;
  name: string;
  ip: string;
}

/** `container` is absent for a unit without `Image=`: it is for systemd alone. */
export interface PlatformUnit {
  container?: ContainerSpec;
  /** `Route=` and `Port=`: health-checked, and published to /deis/services/<app>/<unit>. */
  route?: { app: string; port: number; check: HealthCheck };
  /** `DrainTimeout=`: how long what runs on it is waited for before it is stopped, s; absent: as usual. */
  drainTimeout?: number;
}

export type ParsedPlatformUnit = { unit: PlatformUnit } | { problem: string };

const DEFAULT_STOP_TIMEOUT = 10;
/** Probes of the platform's own parts: often enough that a dead one is withdrawn within 4 s. */
const CHECK: HealthCheck = { initialDelay: 0, timeout: 2, interval: 2, failures: 2 };

interface Draft {
  container: ContainerSpec;
  route: string;
  port: number;
  healthPath: string;
  drainTimeout?: number;
}

/** Puts a value where it belongs, or says what is wrong with it. */
type Take = (draft: Draft, value: string) => string | undefined;

const OPTIONS: Record<string, Take> = {
  Image: ({ container }, value) => {
    container.image = withTag(value);
    return /^[\w./:@-]+$/.test(value) ? undefined : 'must be an image reference';
  },
  Command: ({ container }, value) => {
    const split = splitWords(value);
    if ('problem' in split) return split.problem;
    container.command = split.words;
    return undefined;
  },
  Network: ({ container }, value) => {
    if (value !== 'host' && value !== 'bridge') return 'must be host or bridge';
    container.network = value;
    return undefined;
  },
  Publish: ({ container }, value) => {
    const match = /^(?:([0-9.]+):)?([0-9]+):([0-9]+)$/.exec(value);
    if (!match) return 'must be [address:]host port:container port';
    const [, hostIp = '', host, inside] = match;
    container.ports.push({ hostIp, host: Number(host), container: Number(inside) });
    return undefined;
  },
  Volume: ({ container }, value) => {
    const match = /^(\/[^:]*):(\/[^:]*)(?::(ro|rw))?$/.exec(value);
    if (!match) return 'must be /source:/target or /source:/target:ro';
    container.volumes.push({ source: match[1]!, target: match[2]!, readOnly: match[3] === 'ro' });
    return undefined;
  },
  Environment: ({ container }, value) => {
    const at = value.indexOf('=');
    if (at < 1) return 'must be NAME=value';
    container.environment[value.slice(0, at)] = value.slice(at + 1);
    return undefined;
  },
  Capability: ({ container }, value) => {
    container.capabilities.push(value.replace(/^CAP_/, ''));
    return /^[A-Z_]+$/.test(value) ? undefined : 'must be a capability, such as NET_ADMIN';
  },
  StopTimeout: ({ container }, value) => {
    container.stopTimeout = Number(value);
    return /^[0-9]{1,4}$/.test(value) ? undefined : 'must be seconds';
  },
  DrainTimeout: (draft, value) => {
    draft.drainTimeout = Number(value);
    return /^[0-9]{1,5}$/.test(value) ? undefined : 'must be seconds';
  },
  Route: (draft, value) => {
    draft.route = value;
    return /^[a-z0-9-]+$/.test(value) ? undefined : 'must be a name of small letters, digits and -';
  },
  Port: (draft, value) => {
    draft.port = Number(value);
    const fine = /^[0-9]{1,5}$/.test(value) && draft.port > 0 && draft.port < 65_536;
    return fine ? undefined : 'must be a port';
  },
  HealthPath: (draft, value) => {
    draft.healthPath = value;
    return /^\/[^\s]*$/.test(value) ? undefined : 'must start with /';
  },
};

/**
 * Specifiers `%n %N %p %i` and machine names are replaced. Unknown options are refused, except those that others read.
 * `MemoryMax=` in [Service] limits the container: its processes are not in the unit's own control group.
 */
export function parsePlatformUnit(
  name: string,
  options: readonly UnitOption[],
  machine: MachineNames,
): ParsedPlatformUnit {
  const draft: Draft = { container: emptySpec(name), route: '', port: 0, healthPath: '' };
  const { memory } = reservationOf({ options: [...options] });
  if (memory > 0) draft.container.memory = memory;
  for (const option of options) {
    if (option.section !== 'X-Deis' || READ_ELSEWHERE.has(option.name)) continue;
    const take = OPTIONS[option.name];
    if (!take) return { problem: `[X-Deis] of ${name} has an unknown option ${option.name}=` };
    const problem = take(draft, expand(option.value, name, machine));
    if (problem) return { problem: `[X-Deis] ${option.name}= of ${name} ${problem}` };
  }
  return finish(name, draft);
}

/** Read by the scheduler (requirements.ts). */
const READ_ELSEWHERE = new Set(['OnDisconnect', 'Formation']);

function finish(name: string, draft: Draft): ParsedPlatformUnit {
  const { container, route, port, healthPath, drainTimeout } = draft;
  const unit: PlatformUnit = drainTimeout === undefined ? {} : { drainTimeout };
  if (container.image !== '') unit.container = container;
  if (route === '') return { unit };
  if (port === 0) return { problem: `[X-Deis] of ${name} has Route= but no Port=` };
  const check = healthPath === '' ? CHECK : { ...CHECK, path: healthPath };
  return { unit: { ...unit, route: { app: route, port, check } } };
}

function emptySpec(unit: string): ContainerSpec {
  return {
    unit,
    name: unit.replace(/\.service$/, '').replaceAll('@', '.'),
    image: '',
    command: null,
    environment: {},
    app: '',
    process: '',
    release: 0,
    network: 'bridge',
    ports: [],
    volumes: [],
    capabilities: [],
    stopTimeout: DEFAULT_STOP_TIMEOUT,
  };
}

function expand(value: string, unitName: string, machine: MachineNames): string {
  return expandSpecifiers(value, unitName)
    .replaceAll('${MACHINE_IP}', () => machine.ip)
    .replaceAll('${MACHINE_NAME}', () => machine.name)
    .replaceAll('${MACHINE_ID}', () => machine.id);
}

/** `deis/platform` → `deis/platform:latest`: the Engine would pull every tag of a bare name. */
export function withTag(reference: string): string {
  const afterSlash = reference.slice(reference.lastIndexOf('/') + 1);
  return afterSlash.includes(':') || afterSlash.includes('@') ? reference : `${reference}:latest`;
}
