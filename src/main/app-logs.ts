// An app's lines from the journals of all machines, in the order of their times.

import type { MachineClient } from '../adapters/machine-client.ts';
import type { AppLogs } from '../ports/app-logs.ts';
import type { Log } from '../ports/log.ts';
import type { LogLine } from '../ports/log-store.ts';
import { toDeisError } from '../model/errors.ts';
import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';

/** A machine that does not answer in time is left out, ms. */
const PATIENCE_MS = 2000;

export function appLogs(registry: Registry, machines: MachineClient, log: Log): AppLogs {
  return {
    async recent(query, signal) {
      const { items } = await registry.list(keys.machines, [], signal);
      const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      const answers = await Promise.all(
        items.map(async ({ value }): Promise<LogLine[]> => {
          try {
            return await machines.logs(value.api, query, limit);
          } catch (error) {
            signal.throwIfAborted();
            const { message } = toDeisError(error);
            log.warn('machine left out of logs', { machine: value.name, error: message });
            return [];
          }
        }),
      );
      return inOrder(answers.flat()).slice(-query.lines);
    },
  };
}

/** Lines of one machine keep their order: its journal knows it, and the sort is stable. */
function inOrder(lines: LogLine[]): LogLine[] {
  return lines.toSorted(
    (a, b) => a.time.length - b.time.length || (a.time < b.time ? -1 : a.time > b.time ? 1 : 0),
  );
}
