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
  /** For each door the ports to try, the best first. */
  ports: Record<keyof ClusterContext['doors'], number[]>;
  /** Port of the routers' health check. */
  healthPort: number;
  /** Ports of the routers behind the doors. */
  targets: ClusterContext['doors'];
}

export interface OpenDoors {
  ports: ClusterContext['doors'];
  /** Settles when the signal aborts; probes until then. `present` tells now and then which machines there are; undefined: as before. */
  watch(signal: AbortSignal, present?: () => Promise<string[] | undefined>): Promise<void>;
}

/** Milliseconds: with both, a dead router is skipped 1.7 s after its last sign of life and its connections are cut after 2.7 s. */
const PROBE_EVERY = 1000;
const PROBE_TIMEOUT = 700;

const STANDARD: ClusterContext['doors'] = { http: 80, https: 443, ssh: 2222 };
/** Where to look for another port: easy to remember ones. */
const OTHERS: ClusterContext['doors'] = { http: 8080, https: 8443, ssh: 2223 };

export const DEFAULT_DOORS = {
  hosts: ['127.0.0.1', '::1'],
  healthPort: 9090,
  targets: STANDARD,
};

/** The ports to try for each door: the one everybody knows, that of last time, then a hundred others. */
export function portsToTry(last: ClusterContext['doors'] | undefined): DoorSettings['ports'] {
  const ports = (kind: keyof ClusterContext['doors']) => {
    const others = Array.from({ length: 100 }, (_, index) => OTHERS[kind] + index);
    return [...new Set([STANDARD[kind], ...(last ? [last[kind]] : []), ...others])];
  };
  return { http: ports('http'), https: ports('https'), ssh: ports('ssh') };
}

/** Opens the three doors. Throws DeisError 'unavailable' when there is no free port. */
export async function openDoors(settings: DoorSettings): Promise<OpenDoors> {
  const pool = new RouterPool(settings.routers);
  const doors: Door[] = [];
  const open = async (kind: keyof ClusterContext['doors']) => {
    const [hosts, ports, target] = [settings.hosts, settings.ports[kind], settings.targets[kind]];
    const door = await openDoor(hosts, ports, target, pool);
    doors.push(door);
    return door.port;
  };
  const ports = { http: await open('http'), https: await open('https'), ssh: await open('ssh') };
  return {
    ports,
    async watch(signal, present = () => Promise.resolve(undefined)) {
      const watched = new Map<string, AbortController>();
      const running: Promise<void>[] = [];
      const follow = (addresses: readonly string[]): void => {
        for (const address of addresses) {
          if (watched.has(address)) continue;
          const ends = new AbortController();
          watched.set(address, ends);
          pool.add(address);
          const either = AbortSignal.any([signal, ends.signal]);
          running.push(watchRouter(address, settings, pool, doors, either));
        }
        for (const [address, ends] of watched) {
          if (addresses.includes(address)) continue;
          ends.abort();
          watched.delete(address);
          pool.remove(address);
        }
      };
      follow(settings.routers);
      while (!signal.aborted) {
        await pause(PROBE_EVERY, signal);
        const now = signal.aborted ? undefined : await present();
        if (now) follow(now);
      }
      await Promise.all(running);
      for (const door of doors) door.close();
    },
  };
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
