// The check of a process that gets no requests: it has no address to ask, so of what is asked only the commands are left. Pure.

import type { HealthCheck } from '../model/app.ts';

/** Undefined when nothing can be asked. */
export function workerCheck(check: HealthCheck): HealthCheck | undefined {
  const { command, startCommand, live, initialDelay, timeout, interval, failures } = check;
  if (!command && !live?.command) return undefined;
  return {
    initialDelay,
    timeout,
    interval,
    failures,
    ...(command && { command }),
    ...(command && startCommand && { startCommand }),
    ...(live?.command && { live }),
  };
}
