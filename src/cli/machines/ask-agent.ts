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

/** What `systemctl status` says, on each machine that has the unit. `router@*` means all of them. */
export async function unitStatus(
  { registry, machines: client }: Cluster,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const texts: string[] = [];
  for (const word of await instances(registry, words, signal)) {
    const { unit, machines } = await whereIs(registry, word, signal);
    for (const { name, api } of machines) {
      const text = (await client.status(api, unit, signal)).trimEnd();
      texts.push(machines.length === 1 ? text : `${name}:\n${text}`);
    }
  }
  return texts.join('\n\n');
}

/** Chunks of text as they come; one unit after the other, or all at once when they are followed. A unit on several machines is read where it runs. */
export async function unitJournals(
  { registry, machines: client }: Cluster,
  words: readonly string[],
  query: Omit<JournalQuery, 'unit'>,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const found: Whereabouts[] = [];
  for (const word of await instances(registry, words, signal)) {
    found.push(await whereIs(registry, word, signal));
  }
  const read = async ({ unit, machines: [machine] }: Whereabouts): Promise<void> => {
    if (!machine) return;
    try {
      for await (const text of client.journal(machine.api, { ...query, unit }, signal)) write(text);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  };
  if (query.follow) await Promise.all(found.map(read));
  else for (const each of found) await read(each);
}

/** `router@*` as the units there are. */
async function instances(
  registry: Registry,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  if (!words.some((word) => word.endsWith('@*'))) return [...words];
  const { items } = await registry.list(keys.platformUnits, [], signal);
  const names = items.map(({ value }) => value.name);
  return words.flatMap((word) => {
    if (!word.endsWith('@*')) return [word];
    const stem = `deis-${word.replace(/^deis-/, '').slice(0, -1)}`;
    const own = names.filter((name) => name.startsWith(stem));
    if (own.length > 0) return own.toSorted();
    throw new DeisError(
      'not-found',
      `nothing of ${word} is installed`,
      'See all units: deisctl list',
    );
  });
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
