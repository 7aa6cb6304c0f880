// deisctl drain: orders a machine to be emptied, and says what is still on it until nothing is.

import type { Machine } from '../../model/cluster.ts';
import { DeisError } from '../../model/errors.ts';
import { demandOf } from '../../model/requirements.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Output } from '../output.ts';
import { order } from './orders.ts';
import { pause } from '../pause.ts';

export interface DrainOptions {
  /** Give up when nothing has left for this many ms. */
  patience: number;
}

/** Global units belong to every machine and stay. Throws DeisError 'unschedulable' naming what cannot leave. */
export async function drain(
  registry: Registry,
  machine: Machine,
  output: Output,
  { patience }: DrainOptions,
  signal: AbortSignal,
): Promise<void> {
  await order(registry, machine, { cordon: true, drain: true }, signal);
  let left = await movableUnits(registry, machine, signal);
  let movedAt = performance.now();
  output.line(`${machine.name}: ${left.length} units to move`);
  while (left.length > 0) {
    await pause(500, signal);
    const now = await movableUnits(registry, machine, signal);
    for (const unit of left.filter((name) => !now.includes(name))) output.line(`${unit}: moved`);
    if (now.length !== left.length) movedAt = performance.now();
    left = now;
    if (left.length > 0 && performance.now() - movedAt > patience) throw stuck(machine, left);
  }
  output.line(`${machine.name}: drained`);
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
): Promise<string[]> {
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
  const running = states.items
    .filter(({ value }) => value.active === 'active')
    .map(({ ids }) => ids[1]!);
  return [...new Set([...placed, ...running])].filter((unit) => !everywhere.has(unit)).toSorted();
}
