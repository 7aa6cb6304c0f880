// Asks the machine that has a unit for what systemd and the journal say of it.

import type { Machine } from '../../model/cluster.ts';
import { DeisError } from '../../model/errors.ts';
import type { JournalQuery } from '../../ports/log-store.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Cluster } from '../context.ts';
import { findUnit } from '../views/unit-name.ts';

interface Whereabouts {
  unit: string;
  /** Where it is to run first, then where it is stopped or leaves. */
  machines: Machine[];
}

/** What `systemctl status` says, on each machine that has the unit. */
export async function unitStatus(
  { registry, machines: client }: Cluster,
  word: string,
  signal: AbortSignal,
): Promise<string> {
  const { unit, machines } = await whereIs(registry, word, signal);
  const texts: string[] = [];
  for (const { name, api } of machines) {
    const text = (await client.status(api, unit, signal)).trimEnd();
    texts.push(machines.length === 1 ? text : `${name}:\n${text}`);
  }
  return texts.join('\n\n');
}

/** Chunks of text as they come. A unit that is on several machines is read where it runs. */
export async function* unitJournal(
  { registry, machines: client }: Cluster,
  query: JournalQuery,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { unit, machines } = await whereIs(registry, query.unit, signal);
  const [machine] = machines;
  if (!machine) return;
  try {
    yield* client.journal(machine.api, { ...query, unit }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Throws DeisError 'not-found' when there is no such unit, or when it is on no machine. */
async function whereIs(
  registry: Registry,
  word: string,
  signal: AbortSignal,
): Promise<Whereabouts> {
  const [placements, states, machines, platform] = await Promise.all([
    registry.list(keys.placements, [], signal),
    registry.list(keys.states, [], signal),
    registry.list(keys.machines, [], signal),
    registry.list(keys.platformUnits, [], signal),
  ]);
  const placed = [...placements.items, ...states.items].map(({ ids }) => ids[1]!);
  const wanted = platform.items.map(({ value }) => value.name);
  const found = findUnit(word, [...new Set([...placed, ...wanted])]);
  if ('problem' in found) throw new DeisError('not-found', found.problem, found.hint);
  const { unit } = found;
  const runs = placements.items.filter(({ ids, value }) => ids[1] === unit && value.want === 'run');
  const has = states.items.filter(({ ids }) => ids[1] === unit);
  const ids = new Set([...runs, ...has].map(({ ids: [id] }) => id!));
  const known = new Map(machines.items.map(({ value }) => [value.id, value]));
  const where = [...ids].flatMap((id) => known.get(id) ?? []);
  if (where.length === 0) {
    throw new DeisError('not-found', `${unit} is on no machine`, `See why: deisctl why ${word}`);
  }
  return { unit, machines: where };
}
