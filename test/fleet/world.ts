// A machine as fleetctl finds it, without a machine: the API on a real socket, the real scheduler and the real agent over a store in
// memory, and a pretend host below.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type MemoryStore, memoryStore } from '../../src/adapters/memory-store.ts';
import { systemClock as clock } from '../../src/adapters/system-clock.ts';
import { fileTemplates } from '../../src/adapters/templates.ts';
import { runAgent } from '../../src/agent/agent.ts';
import { runFleet } from '../../src/fleet/fleet.ts';
import type { MachineFacts } from '../../src/ports/machine-facts.ts';
import { schedulerMeter } from '../../src/ports/scheduler-meter.ts';
import { Registry } from '../../src/registry/registry.ts';
import { runScheduler } from '../../src/scheduler/scheduler.ts';
import { quiet } from '../adapters/quiet-log.ts';
import { PretendHost } from '../agent/pretend-host.ts';
import { type Answer, askAt, type Asked } from './ask.ts';

export interface FleetWorld {
  store: MemoryStore;
  registry: Registry;
  host: PretendHost;
  socket: string;
  machine: MachineFacts;
  ask(path: string, asked?: Asked): Promise<Answer>;
  /** PUT with the right content type; `body` is sent as JSON unless it is text. */
  put(name: string, body: unknown): Promise<Answer>;
  /** The JSON of a GET that succeeds. */
  read<T>(path: string): Promise<T>;
}

export const MACHINE_ID = '8bf04fa578a245ea9167df0d24a7ca38';
export const JSON_TYPE = ['content-type', 'application/json'];

/** Runs until the test file ends. `agent: false`: nobody lives on the machine. */
export async function fleetWorld(options: { agent?: boolean } = {}): Promise<FleetWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  const stop = new AbortController();
  const store = memoryStore();
  const registry = new Registry(store);
  const host = new PretendHost();
  const meter = schedulerMeter();
  const machine: MachineFacts = {
    id: MACHINE_ID,
    bootId: 'boot-1',
    name: 'f1',
    ip: '10.77.9.21',
    cluster: 'test',
    metadata: { host: 'f1' },
    capacity: { memory: 8e9, cpus: 4 },
    hostKeys: [],
    etcd: [],
  };
  const socket = join(folder, 'fleet.sock');
  const log = quiet;
  const probe = { answers: async () => true };
  const parts = [
    runFleet({ registry, meter, ip: '127.0.0.1', socket, clock, log }, stop.signal),
    runScheduler({ registry, log, clock, machineId: machine.id, probe, meter }, stop.signal),
  ];
  if (options.agent !== false) {
    parts.push(
      runAgent(
        {
          registry,
          units: host.units,
          engine: host.engine,
          vault: { seal: (text) => text, open: (text) => text },
          templates: fileTemplates,
          clock,
          log,
          facts: machine,
          paths: {
            state: join(folder, 'state'),
            runtime: join(folder, 'run'),
            platformArchive: '/none',
            platformNote: '/none',
          },
          isPortInUse: async () => false,
        },
        stop.signal,
      ),
    );
  }
  t.teardown(async () => {
    stop.abort();
    await Promise.all(parts);
    store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const ask: FleetWorld['ask'] = (path, asked = {}) => askAt({ socketPath: socket }, path, asked);
  const world: FleetWorld = {
    store,
    registry,
    host,
    socket,
    machine,
    ask,
    put: (name, body) =>
      ask(`/fleet/v1/units/${encodeURIComponent(name)}`, {
        method: 'PUT',
        headers: JSON_TYPE,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async read(path) {
      const { status, body } = await ask(path);
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
      return JSON.parse(body);
    },
  };
  await until('the API answers', async () => {
    const { status, body } = await ask('/fleet/v1/machines').catch(() => ({ status: 0, body: '' }));
    return status === 200 && (options.agent === false || body !== '{}');
  });
  return world;
}

const PATIENCE_MS = 20_000;

/** Asks again until it is so. */
export async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
