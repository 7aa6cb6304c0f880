// deisctl formations converge: every machine of a formation is brought to what is wanted of it now, runtime layers first, routers last.

import type { MachineClient } from '../../adapters/machine-client.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import type { Layer } from '../../model/formation.ts';
import { isServing, type UnitState, type WantedUnit } from '../../model/unit.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Operation } from '../platform/operation.ts';
import { pause } from '../pause.ts';
import { nodeTableOrder, type NodeRow, readNodes } from '../nodes/list.ts';
import { readMachines } from '../views/read.ts';
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

/** What converge works with, besides the store. */
export interface ConvergeNeeds {
  operation: Operation;
  machines: Pick<MachineClient, 'healthy'>;
  /** ms to wait for each machine. */
  timeout: number;
}

/** A report of each machine, and why the formation as a whole is not as wanted. */
export interface Converged {
  reports: NodeReport[];
  problem?: DeisError;
}

/** Tells each machine as it is done. One that is dead holds nobody up for longer than it takes to be declared lost. */
export async function converge(
  needs: ConvergeNeeds,
  formation: string,
  signal: AbortSignal,
): Promise<Converged> {
  const { operation } = needs;
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
    const report = await convergeNode(needs, row, signal);
    reports.push(report);
    const told = Object.entries(report.units).map(([unit, why]) => `${unit}: ${why}`);
    output.line([`${row.id}: ${report.outcome}`, ...told].join('\n  '));
  }
  const routers = await routersProblem(operation, formation, signal);
  const failed = reports.filter(({ outcome }) => outcome === 'failed').map(({ node }) => node);
  const wrong = failed.length > 0 ? [`not as wanted: ${failed.join(', ')}`] : [];
  const problems = [...wrong, ...(routers === undefined ? [] : [routers])];
  if (problems.length === 0) return { reports };
  const problem = new DeisError('refused', problems.join('\n'), 'See why: deisctl status');
  return { reports, problem };
}

async function routersProblem(
  operation: Operation,
  formation: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await ensureRouters(operation, formation, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return toDeisError(error).message;
  }
}

async function convergeNode(
  needs: ConvergeNeeds,
  row: NodeRow,
  signal: AbortSignal,
): Promise<NodeReport> {
  const report = { node: row.id, layer: row.layer };
  const deadline = performance.now() + needs.timeout;
  const met: Record<string, string> = {};
  for (;;) {
    const { wrong, hopeless } = await lookAt(needs, row, signal);
    if (Object.keys(wrong).length === 0) break;
    // Why a unit was wrong at first is what is told of it when it is well.
    for (const [unit, why] of Object.entries(wrong)) met[unit] ??= why;
    if (hopeless || performance.now() > deadline) {
      return { ...report, outcome: 'failed', units: wrong };
    }
    await pause(LOOK_MS, signal);
  }
  const outcome = Object.keys(met).length > 0 ? 'repaired' : 'converged';
  return { ...report, outcome, units: met };
}

/** `hopeless`: waiting does not help. What a dead machine said last, and that all was moved from it, is no sign that it is well. */
async function lookAt(
  { operation, machines }: ConvergeNeeds,
  { id, machine }: NodeRow,
  signal: AbortSignal,
): Promise<{ wrong: Record<string, string>; hopeless: boolean }> {
  const { registry } = operation;
  const [rows, record] = await Promise.all([
    readMachines(registry, signal),
    registry.get(keys.machines, [machine], signal),
  ]);
  const state = rows.find((row) => row.id === machine)?.state ?? 'missing';
  if (!['ready', 'cordoned', 'silent'].includes(state)) {
    return { wrong: { [id]: `the machine is ${state}` }, hopeless: true };
  }
  const answers = record !== undefined && (await machines.healthy(record.value.api, signal));
  signal.throwIfAborted();
  if (!answers) {
    const silent = state === 'silent' ? ', and its heartbeat is missing' : '';
    return { wrong: { [id]: `its deisd does not answer${silent}` }, hopeless: false };
  }
  return { wrong: await deviations(registry, machine, signal), hopeless: false };
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
