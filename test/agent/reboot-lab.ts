// Three machines, each with a member of the store, and an app on two of them: where reboots are tried without any machine.

import type { Test } from 'tap';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { Reboots } from '../../src/agent/reboot/reboots.ts';
import type { Machine } from '../../src/model/cluster.ts';
import type { StoreMember } from '../../src/model/store-member.ts';
import type { UnitState } from '../../src/model/unit.ts';
import type { Log } from '../../src/ports/log.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry } from '../../src/registry/registry.ts';

const nothing = (): undefined => undefined;
export const log: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
} as unknown as Log;
export const forever = new AbortController().signal;
export const RUNNING: UnitState = {
  load: 'loaded',
  active: 'active',
  sub: 'running',
  phase: 'running',
  health: 'healthy',
  revision: 1,
  hash: '',
  restarts: 0,
  crashes: 0,
  since: 0,
};

export interface Lab {
  registry: Registry;
  /** One machine's, in this boot. */
  on: (machine: string, bootId?: string) => Reboots;
  members: Map<string, boolean>;
  /** What machines did: `a moves`, `a stays`, `a restarts`. */
  done: string[];
  /** Reads a machine's progress to its end. */
  read: (lines: AsyncIterable<string>) => Promise<string[]>;
  turn: () => Promise<string | undefined>;
  refuse: { restart: boolean };
}

/** Machines a, b, c with a member of the store each; blog.web runs on a and b. */
export async function lab(t: Test): Promise<Lab> {
  const store = memoryStore();
  t.teardown(() => store.close());
  const registry = new Registry(store);
  const members = new Map(['a', 'b', 'c'].map((id) => [id, true]));
  const done: string[] = [];
  const refuse = { restart: false };
  const machine = (id: string, bootId: string): Machine => ({
    id,
    name: id,
    ip: id,
    metadata: {},
    capacity: { memory: 1, cpus: 1 },
    api: '',
    bootId,
    versions: { deisd: '', systemd: 252, engine: '20.10' },
  });
  for (const id of members.keys()) {
    const alive = { session: id, since: '' };
    await registry.commit(
      [],
      [put(keys.machines, [id], machine(id, 'boot-1')), put(keys.alive, [id], alive)],
      forever,
    );
  }
  for (const [id, unit] of [
    ['a', 'blog_v2.web.1.service'],
    ['b', 'blog_v2.web.2.service'],
  ]) {
    await registry.commit([], [put(keys.states, [id!, unit!], RUNNING)], forever);
  }
  return {
    registry,
    members,
    refuse,
    done,
    on: (id, bootId = 'boot-1') =>
      new Reboots({
        registry,
        self: { id, name: id, ip: id, bootId },
        departure: () => ({
          async *move() {
            await Promise.resolve();
            done.push(`${id} moves`);
            yield 'moving\n';
          },
          stay: () => void done.push(`${id} stays`),
        }),
        members: () =>
          Promise.resolve(
            [...members].map(
              ([ip, healthy]) => ({ id: ip, ip, name: ip, learner: false, healthy }) as StoreMember,
            ),
          ),
        restart: () =>
          refuse.restart
            ? Promise.reject(new Error('no reboot today'))
            : Promise.resolve(void done.push(`${id} restarts`)),
        clock: systemClock,
        log,
      }),
    async read(lines) {
      const told: string[] = [];
      for await (const line of lines) told.push(line.trim());
      return told;
    },
    turn: async () => (await registry.get(keys.reboots, ['turn'], forever))?.value.machine,
  };
}
