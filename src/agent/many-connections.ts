// Room for many short connections. Each request is one of its own from a router to an app, and a kernel that filters packets notes
// it for two minutes after its end: a machine of 4 GB, whose table has 65,536 places, would refuse connections from 550 a second on.

import { Loop } from '../daemon/loop.ts';
import { isDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { KernelSettings } from '../ports/kernel-settings.ts';
import type { Log } from '../ports/log.ts';

interface Wish {
  name: string;
  /** What somebody has set beyond that is left alone. */
  isGood: (value: number) => boolean;
  value: number;
}

export const WISHES: readonly Wish[] = [
  {
    // Seconds; nf_conntrack-sysctl.rst. An end that is sent again so late is answered by the machines themselves.
    name: 'net.netfilter.nf_conntrack_tcp_timeout_time_wait',
    isGood: (value) => value <= 10,
    value: 10,
  },
  {
    // ip-sysctl.rst: ports of connections that have ended are used again where timestamps tell old from new. Else an app that lets
    // the router end its connections gets no more than 470 a second from each.
    name: 'net.ipv4.tcp_tw_reuse',
    isGood: (value) => value === 1,
    value: 1,
  },
];

/** The kernel's parts are loaded when somebody needs them, and somebody may set these numbers back, ms. */
const AGAIN_MS = 60_000;

export interface ManyConnectionsOptions {
  kernel: KernelSettings;
  clock: Clock;
  log: Log;
}

/** Until the signal aborts. What is set stays when it ends. */
export function makeRoomForConnections(
  { kernel, clock, log }: ManyConnectionsOptions,
  signal: AbortSignal,
): Promise<void> {
  const told = new Set<string>();
  const fulfil = async ({ name, isGood, value }: Wish): Promise<void> => {
    const before = await kernel.read(name);
    if (before === undefined || isGood(before)) return;
    try {
      await kernel.write(name, value);
      log.info('set a number of the kernel', { name, value, before });
    } catch (error) {
      if (!isDeisError(error, 'refused')) throw error;
      if (!told.has(name)) log.warn('few connections', { error: error.message });
      told.add(name);
    }
  };
  const pass = async (): Promise<void> => {
    for (const wish of WISHES) await fulfil(wish);
  };
  return new Loop({ name: 'connections', every: AGAIN_MS, pass, clock, log }).run(signal);
}
