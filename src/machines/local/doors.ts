// The doors of a local cluster on this box: ports 80, 443 and 2222 of loopback lead to the machines' routers, past a dead one.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterContext } from '../context.ts';
import { openDoor, type Door } from './door.ts';
import { RouterPool } from './router-pool.ts';
import { probeRouter } from './router-probe.ts';

export interface DoorSettings {
  /** Addresses of the machines that may carry a router. */
  routers: string[];
  /** Addresses to listen on. */
  hosts: string[];
  /** Ports to try before the others, for instance those of last time. */
  preferred?: Partial<ClusterContext['doors']>;
  /** Port of the routers' health check. */
  healthPort: number;
  /** Ports of the routers behind the doors. */
  targets: ClusterContext['doors'];
}

export interface OpenDoors {
  ports: ClusterContext['doors'];
  /** Settles when the signal aborts; probes until then. */
  watch(signal: AbortSignal): Promise<void>;
}

/** Milliseconds: with both, a dead router is skipped 1.7 s after its last sign of life and its connections are cut after 2.7 s. */
const PROBE_EVERY = 1000;
const PROBE_TIMEOUT = 700;

/** Where to look for a free port: the one everybody knows, then others that are easy to remember. */
const FALLBACK: ClusterContext['doors'] = { http: 8080, https: 8443, ssh: 2223 };
const STANDARD: ClusterContext['doors'] = { http: 80, https: 443, ssh: 2222 };

export const DEFAULT_DOORS = {
  hosts: ['127.0.0.1', '::1'],
  healthPort: 9090,
  targets: STANDARD,
};

/** Opens the three doors. Throws DeisError 'unavailable' when there is no free port. */
export async function openDoors(settings: DoorSettings): Promise<OpenDoors> {
  const pool = new RouterPool(settings.routers);
  const doors: Door[] = [];
  const open = async (kind: keyof ClusterContext['doors']) => {
    const ports = portsToTry(STANDARD[kind], settings.preferred?.[kind], FALLBACK[kind]);
    const door = await openDoor(settings.hosts, ports, settings.targets[kind], pool);
    doors.push(door);
    return door.port;
  };
  const ports = { http: await open('http'), https: await open('https'), ssh: await open('ssh') };
  return {
    ports,
    async watch(signal) {
      await Promise.all(
        pool.addresses.map((address) => watchRouter(address, settings, pool, doors, signal)),
      );
      for (const door of doors) door.close();
    },
  };
}

/** The standard port, the preferred one, then a hundred others. */
export function portsToTry(
  standard: number,
  preferred: number | undefined,
  from: number,
): number[] {
  const others = Array.from({ length: 100 }, (_, index) => from + index);
  return [...new Set([standard, ...(preferred === undefined ? [] : [preferred]), ...others])];
}

async function watchRouter(
  address: string,
  settings: DoorSettings,
  pool: RouterPool,
  doors: Door[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const next = performance.now() + PROBE_EVERY;
    const seen = await probeRouter(address, settings.healthPort, PROBE_TIMEOUT, signal);
    if (signal.aborted) return;
    if (pool.probed(address, seen)) for (const door of doors) door.cut(address);
    await pause(next - performance.now(), signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(Math.max(0, milliseconds), undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
