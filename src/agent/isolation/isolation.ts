// Keeps the fence of this machine around its containers: at start, when machines come and go, and now and then, as somebody may have
// flushed it. Without the store it knows the machines it knew last.

import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { Loop } from '../../daemon/loop.ts';
import { together } from '../../daemon/together.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { MachineFacts } from '../../ports/machine-facts.ts';
import type { PacketFence } from '../../ports/packet-fence.ts';
import { keys } from '../../registry/keys.ts';
import { Mirror } from '../../registry/mirror.ts';
import type { Registry } from '../../registry/registry.ts';
import { Folder } from '../folder.ts';
import { BRIDGES, fencePlan } from './rules.ts';

/** How often the rules are put in place again although nothing has changed, ms. */
const AGAIN_MS = 60_000;
/** The Engine has not made its bridge yet: the rules are not complete, ms. */
const SOON_MS = 2000;
/** Machines that report within this time are one change, ms. */
const SPACING_MS = 500;
const FILE = 'machines';

export interface IsolationOptions {
  registry: Registry;
  fence: PacketFence;
  facts: Pick<MachineFacts, 'ip' | 'etcd'>;
  /** Folder of the agent that survives a reboot. */
  state: string;
  clock: Clock;
  log: Log;
}

/** Until the signal aborts. The rules stay when it ends. */
export async function runIsolation(options: IsolationOptions, signal: AbortSignal): Promise<void> {
  const { registry, fence, facts, state, clock, log } = options;
  const schema = z.array(z.string());
  const path = join(state, 'isolation');
  const memory = new Folder({ path, schema, durable: true, clock, log });
  let remembered = (await memory.load()).get(FILE) ?? [];
  const machines = new Mirror(keys.machines);
  let applied = '';
  const loop = new Loop({
    name: 'isolation',
    every: AGAIN_MS,
    atLeast: SPACING_MS,
    clock,
    log,
    pass: async (given) => {
      const known = machines.items().map(({ value }) => value.ip);
      // An empty list is a store that lost its records, not a cluster without machines.
      if (known.length > 0) {
        remembered = known;
        memory.put(FILE, known);
      }
      const spans = await fence.spans(BRIDGES, given);
      const plan = fencePlan(addresses([facts.ip, ...hostsOf(facts.etcd), ...remembered]), spans);
      await fence.apply(plan, given);
      const text = JSON.stringify(plan);
      if (text !== applied) log.info('fenced containers', { machines: remembered.length });
      applied = text;
      return spans.length > 0 ? AGAIN_MS : SOON_MS;
    },
  });
  const watching = (given: AbortSignal) => machines.start(registry.store, loop.hint, given);
  await together([watching, (given) => loop.run(given), (given) => memory.run(given)], signal);
}

const hostsOf = (urls: readonly string[]): string[] => urls.map((url) => new URL(url).hostname);

/** A member of etcd may be known by a name only: then the machine's own record tells its address. */
const addresses = (hosts: readonly string[]): string[] => hosts.filter((host) => isIPv4(host));
