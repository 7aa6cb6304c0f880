// deisctl rolling-restart: every unit of a component one after the other, and a word of warning where nobody can stand in.

import { parsePlatformUnitName } from '../../model/ids.ts';
import { type Operation, componentOf, installedUnits } from './operation.ts';
import { restart, unitsMeant } from './start-stop.ts';
import { instancesOf } from './targets.ts';

export async function rollingRestart(
  operation: Operation,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const units = await unitsMeant(operation, words, signal);
  const { names } = await installedUnits(operation, signal);
  for (const name of new Set(units.map(componentName))) {
    if (instancesOf(name, names).length > 1) continue;
    const more = componentOf(name).scalable ? ` (no gap with two: deisctl scale ${name}=2)` : '';
    operation.output.line(`there is one ${name} only: it is away while it restarts${more}`);
  }
  await restart(operation, words, signal);
}

function componentName(unit: string): string {
  return parsePlatformUnitName(unit)?.component ?? unit;
}
