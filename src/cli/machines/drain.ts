// deisctl drain: orders a machine to be emptied, and says what is still on it until nothing is.

import type { Machine } from '../../model/cluster.ts';
import { DeisError } from '../../model/errors.ts';
import { demandOf } from '../../model/requirements.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { despiteSilence } from '../despite-silence.ts';
import type { Output } from '../output.ts';
import { pause } from '../pause.ts';
import { HELD_MS } from '../platform/follow.ts';
import { heldBy } from '../platform/goal.ts';
import { order } from './orders.ts';

export interface DrainOptions {
  /** Give up when nothing has left for this many ms. */
  patience: number;
}

/** What is on a machine: unit → why it only waits for its clients, in words, or undefined. */
type Left = Map<string, string | undefined>;

/**
 * Global units belong to every machine and stay. A router that holds connections of clients is let be: it ends with them.
 * Throws DeisError 'unschedulable' naming what cannot leave.
 */
export async function drain(
  registry: Registry,
  machine: Machine,
  output: Output,
  { patience }: DrainOptions,
  signal: AbortSignal,
): Promise<void> {
  const look = () => despiteSilence(() => movableUnits(registry, machine, signal), signal);
  await order(registry, machine, { cordon: true, drain: true }, signal);
  let left = await look();
  let movedAt = performance.now();
  output.line(`${machine.name}: ${left.size} units to move`);
  while (left.size > 0) {
    await pause(500, signal);
    const now = await look();
    const gone = [...left.keys()].filter((unit) => !now.has(unit));
    if (gone.length > 0) await tellGone(registry, gone, output, signal);
    if (now.size !== left.size) movedAt = performance.now();
    left = now;
    const waited = performance.now() - movedAt;
    if (waited > HELD_MS && [...left.values()].every((held) => held !== undefined)) break;
    if (left.size > 0 && waited > patience) throw stuck(machine, [...left.keys()]);
  }
  for (const [unit, held] of left) output.line(`${unit}: ${held}`);
  output.line(`${machine.name}: drained`);
}

async function tellGone(
  registry: Registry,
  units: readonly string[],
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { items } = await registry.list(keys.placements, [], signal);
  const placed = new Set(
    items.filter(({ value }) => value.want === 'run').map(({ ids }) => ids[1]!),
  );
  for (const unit of units) {
    const became = placed.has(unit) ? 'moved' : 'stopped, others of its kind serve';
    output.line(`${unit}: ${became}`);
  }
}

function stuck(machine: Machine, left: readonly string[]): DeisError {
  const [first = ''] = left;
  return new DeisError(
    'unschedulable',
    `${left.length} units are still on ${machine.name}: ${left.join(', ')}`,
    `They leave as soon as another machine may run them. See what speaks against it: deisctl why ${first}`,
  );
}

async function movableUnits(
  registry: Registry,
  machine: Machine,
  signal: AbortSignal,
): Promise<Left> {
  const families = [keys.platformUnits, keys.appUnits, keys.foreignUnits];
  const [placements, states, ...wanted] = await Promise.all([
    registry.list(keys.placements, [machine.id], signal),
    registry.list(keys.states, [machine.id], signal),
    ...families.map((family) => registry.list(family, [], signal)),
  ]);
  const everywhere = new Set(
    wanted
      .flatMap(({ items }) =>
        items.map(({ value }) => value).filter((unit) => demandOf(unit).global),
      )
      .map(({ name }) => name),
  );
  const placed = placements.items
    .filter(({ value }) => value.want === 'run')
    .map(({ ids }) => ids[1]!);
  const running = states.items.filter(({ value }) => value.active === 'active');
  const held = new Map(
    running.map(({ ids, value }) => [ids[1]!, heldBy(ids[1]!, machine.id, value)]),
  );
  const all = [...new Set([...placed, ...held.keys()])].filter((unit) => !everywhere.has(unit));
  return new Map(all.toSorted().map((unit) => [unit, held.get(unit)]));
}
