// deisctl scale: more or fewer instances of a platform component.

import { COMPONENTS } from '../../model/components.ts';
import { create, remove } from './install.ts';
import { type Operation, expectNone, installedUnits, problem } from './operation.ts';
import { parseScale, planScale, type ScaleRequest } from './scale-plan.ts';

/** A router that waits for its last clients is told to stay; others go away before they come back. */
const mayStay = ({ component }: ScaleRequest): boolean => component.name === 'router';

/** New instances run before surplus ones go. */
export async function scale(
  operation: Operation,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const parsed = parseScale(words, COMPONENTS);
  if ('problem' in parsed) throw problem(parsed);
  for (const request of parsed.requests) {
    const { names, going } = await installedUnits(operation, signal);
    const plan = planScale(request, names);
    const leaving = plan.add.filter((unit) => going.includes(unit) && !mayStay(request));
    expectNone(await remove(operation, leaving, signal), 'go away');
    expectNone(await create(operation, plan.add, 'launched', signal), 'start');
    expectNone(await remove(operation, plan.remove, signal), 'go away');
  }
}
