// Empties a machine for good: what can move moves, new before old; an instance of a component that has nowhere to go ends here.

import type { Machine } from '../../model/cluster.ts';
import { component as componentCalled } from '../../model/components.ts';
import { DeisError } from '../../model/errors.ts';
import { fixedProblem, type MachineView } from '../../model/constraints.ts';
import { parsePlatformUnitName } from '../../model/ids.ts';
import { demandOf, formationOf } from '../../model/requirements.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { despiteSilence } from '../despite-silence.ts';
import { drain } from '../machines/drain.ts';
import { remove } from '../platform/install.ts';
import type { Operation } from '../platform/operation.ts';

export interface EmptyOptions {
  /** Give up when nothing has left for this many ms. */
  patience: number;
}

/**
 * Throws DeisError('unschedulable') naming what cannot leave. When no other machine may ever run it, nothing has been done; when others
 * only have no room now, the machine stays cordoned and is drained further.
 */
export async function emptyMachine(
  operation: Operation,
  machine: Machine,
  options: EmptyOptions,
  signal: AbortSignal,
): Promise<void> {
  const { registry } = operation;
  const stranded = await despiteSilence(() => strandedUnits(registry, machine, signal), signal);
  if (stranded.length > 0) {
    throw new DeisError(
      'unschedulable',
      `${machine.name} is left as it is: no other machine may run ${stranded.join(', ')}`,
      `Bring another machine for these first, or take them away. What speaks against the others: deisctl why ${stranded[0]}`,
    );
  }
  const surplus = await despiteSilence(() => surplusUnits(registry, machine, signal), signal);
  for (const unit of surplus) {
    operation.output.line(`${unit}: every other machine has one of its kind, so it ends`);
  }
  await remove(operation, surplus, signal);
  await drain(registry, machine, operation.output, options, signal);
}

/** Instances on this machine whose component has one on every other machine that may run it. */
export async function surplusUnits(
  registry: Registry,
  machine: Machine,
  signal: AbortSignal,
): Promise<string[]> {
  const [others, units, placements] = await Promise.all([
    otherMachines(registry, machine, signal),
    registry.list(keys.platformUnits, [], signal),
    registry.list(keys.placements, [], signal),
  ]);
  const runs = placements.items.filter(({ value }) => value.want === 'run');
  const componentOn = (id: string): Set<string> =>
    new Set(
      runs
        .filter(({ ids }) => ids[0] === id)
        .flatMap(({ ids }) => parsePlatformUnitName(ids[1]!)?.component ?? []),
    );
  const present = new Map(others.map(({ id }) => [id, componentOn(id)]));
  return runs
    .filter(({ ids }) => ids[0] === machine.id)
    .map(({ ids }) => ids[1]!)
    .filter((name) => {
      const parsed = parsePlatformUnitName(name);
      if (parsed?.instance === undefined || !componentCalled(parsed.component)?.scalable)
        return false;
      const wanted = units.items.find(({ value }) => value.name === name)?.value;
      if (!wanted) return false;
      const mayRun = others.filter((other) => isOpen(other, wanted));
      // The last one of the platform's own is never ended by the way; a formation's router goes with its machine.
      if (mayRun.length === 0) return formationOf(wanted.options) !== undefined;
      return mayRun.every(({ id }) => present.get(id)?.has(parsed.component));
    });
}

/** Units of apps and foreign ones on this machine that no other one may run, whatever room it has. */
export async function strandedUnits(
  registry: Registry,
  machine: Machine,
  signal: AbortSignal,
): Promise<string[]> {
  const [others, apps, foreign, placements] = await Promise.all([
    otherMachines(registry, machine, signal),
    registry.list(keys.appUnits, [], signal),
    registry.list(keys.foreignUnits, [], signal),
    registry.list(keys.placements, [machine.id], signal),
  ]);
  const here = new Set(
    placements.items.filter(({ value }) => value.want === 'run').map(({ ids }) => ids[1]!),
  );
  return [...apps.items, ...foreign.items]
    .map(({ value }) => value)
    .filter((unit) => here.has(unit.name) && unit.desired === 'launched')
    .filter((unit) => !demandOf(unit).global && !others.some((other) => isOpen(other, unit)))
    .map(({ name }) => name)
    .toSorted();
}

/** Those that live and take work. */
async function otherMachines(
  registry: Registry,
  { id: self }: Machine,
  signal: AbortSignal,
): Promise<Machine[]> {
  const [machines, alive, orders] = await Promise.all([
    registry.list(keys.machines, [], signal),
    registry.list(keys.alive, [], signal),
    registry.list(keys.orders, [], signal),
  ]);
  const living = new Set(alive.items.map(({ ids }) => ids[0]!));
  const closed = new Set(
    orders.items.filter(({ value }) => value.cordon || value.drain).map(({ ids }) => ids[0]!),
  );
  return machines.items
    .map(({ value }) => value)
    .filter(({ id }) => id !== self && living.has(id) && !closed.has(id));
}

function isOpen(other: Machine, wanted: Parameters<typeof demandOf>[0]): boolean {
  const view: MachineView = { ...other, standing: 'ready', cordoned: false, draining: false };
  return fixedProblem(demandOf(wanted), view, NOTHING) === undefined;
}

/** What the machine itself has against a unit does not depend on what runs there. */
const NOTHING = {
  on: () => new Map(),
  picky: () => new Map(),
  memory: () => 0,
  isHome: () => false,
};
