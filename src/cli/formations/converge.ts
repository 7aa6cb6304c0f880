// deisctl formations converge: every machine of a formation is brought to what is wanted of it now, runtime layers first, routers last.

import { DeisError } from '../../model/errors.ts';
import type { Layer } from '../../model/formation.ts';
import { isServing, type UnitState, type WantedUnit } from '../../model/unit.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Operation } from '../platform/operation.ts';
import { pause } from '../pause.ts';
import { nodeTableOrder, type NodeRow, readNodes } from '../nodes/list.ts';
import { formationCalled } from './records.ts';
import { ensureRouters } from './routers.ts';

/** What became of one machine. */
export interface NodeReport {
  node: string;
  layer: string;
  outcome: 'converged' | 'repaired' | 'failed';
  /** Units that were not as wanted: repaired ones, or those that are still wrong with the reason. */
  units: Record<string, string>;
}

const LOOK_MS = 300;

/** Runtime layers, then what runs no routers, then the rest; within a layer by name. Pure. */
export function inOrder(
  rows: readonly NodeRow[],
  layers: readonly Pick<Layer, 'id' | 'runtime' | 'proxy'>[],
): NodeRow[] {
  const planes = new Map(layers.map((layer) => [layer.id, layer]));
  const rank = ({ layer }: NodeRow): number => {
    const found = planes.get(layer);
    if (!found) return 2;
    return found.proxy ? (found.runtime ? 2 : 3) : found.runtime ? 0 : 1;
  };
  return rows.toSorted((a, b) => rank(a) - rank(b) || nodeTableOrder(a, b));
}

/** Why a unit is not as it is wanted, in words; undefined: it is. Pure. */
export function deviation(
  wanted: Pick<WantedUnit, 'desired'> | undefined,
  state: UnitState | undefined,
): string | undefined {
  if (!wanted || wanted.desired === 'gone') return undefined;
  if (wanted.desired !== 'launched') return state ? undefined : 'it is not loaded';
  if (!state) return 'its machine has not said anything of it';
  if (isServing(state)) return undefined;
  return state.message ?? `it is ${state.active}/${state.sub}, ${state.phase}`;
}

/** Tells each machine as it is done. Throws DeisError('refused') at the end when some are not as wanted. */
export async function converge(
  operation: Operation,
  formation: string,
  timeout: number,
  signal: AbortSignal,
): Promise<NodeReport[]> {
  const { registry, output } = operation;
  await formationCalled(registry, formation, signal);
  const [rows, layers] = await Promise.all([
    readNodes(registry, signal),
    registry.list(keys.layers, [formation], signal),
  ]);
  const own = rows.filter((row) => row.formation === formation);
  if (own.length === 0) output.line(`formation ${formation} has no nodes`);
  const reports: NodeReport[] = [];
  for (const row of inOrder(
    own,
    layers.items.map(({ value }) => value),
  )) {
    const report = await convergeNode(registry, row, timeout, signal);
    reports.push(report);
    const told = Object.entries(report.units).map(([unit, why]) => `${unit}: ${why}`);
    output.line([`${row.id}: ${report.outcome}`, ...told].join('\n  '));
  }
  await ensureRouters(operation, formation, signal);
  const failed = reports.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0) return reports;
  throw new DeisError(
    'refused',
    `not as wanted: ${failed.map(({ node }) => node).join(', ')}`,
    'See why: deisctl status',
  );
}

async function convergeNode(
  registry: Registry,
  row: NodeRow,
  timeout: number,
  signal: AbortSignal,
): Promise<NodeReport> {
  const report = { node: row.id, layer: row.layer };
  if (row.state !== 'ready' && row.state !== 'cordoned') {
    return { ...report, outcome: 'failed', units: { [row.id]: `the machine is ${row.state}` } };
  }
  const deadline = performance.now() + timeout;
  const first = await deviations(registry, row.machine, signal);
  let left = first;
  while (Object.keys(left).length > 0 && performance.now() < deadline) {
    await pause(LOOK_MS, signal);
    left = await deviations(registry, row.machine, signal);
  }
  if (Object.keys(left).length > 0) return { ...report, outcome: 'failed', units: left };
  const outcome = Object.keys(first).length > 0 ? 'repaired' : 'converged';
  return { ...report, outcome, units: first };
}

async function deviations(
  registry: Registry,
  machine: string,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const families = [keys.platformUnits, keys.appUnits, keys.foreignUnits];
  const [placements, states, ...wanted] = await Promise.all([
    registry.list(keys.placements, [machine], signal),
    registry.list(keys.states, [machine], signal),
    ...families.map((family) => registry.list(family, [], signal)),
  ]);
  const records = new Map(
    wanted.flatMap(({ items }) => items.map(({ value }) => [value.name, value] as const)),
  );
  const said = new Map(states.items.map(({ ids, value }) => [ids[1]!, value]));
  const found = placements.items
    .filter(({ value }) => value.want === 'run' && !value.retiring)
    .flatMap(({ ids }) => {
      const unit = ids[1]!;
      const why = deviation(records.get(unit), said.get(unit));
      return why === undefined ? [] : [[unit, why] as const];
    });
  return Object.fromEntries(found);
}
