// After `deisctl start platform` the next thing that is typed is `deis register`: the command ends when every router leads to the API.

import { readRouters } from '../../controller/deployment/routers.ts';
import { parsePlatformUnitName } from '../../model/ids.ts';
import { isServing } from '../../model/unit.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { pause } from '../pause.ts';

/** Routers promise a second; a busy box takes more, and a frozen router is for the doctor, ms. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 100;

/** False: some router did not get so far in time. Without any router there is nothing to wait for. */
export async function untilRouted(
  registry: Registry,
  signal: AbortSignal,
  patience = PATIENCE_MS,
): Promise<boolean> {
  const until = performance.now() + patience;
  for (;;) {
    if (await isRouted(registry, signal)) return true;
    if (performance.now() > until) return false;
    await pause(LOOK_MS, signal);
  }
}

async function isRouted(registry: Registry, signal: AbortSignal): Promise<boolean> {
  const [routers, { items }] = await Promise.all([
    readRouters(registry, signal),
    registry.list(keys.states, [], signal),
  ]);
  const controllers = items
    .filter(({ ids }) => parsePlatformUnitName(ids[1] ?? '')?.component === 'controller')
    .map(({ value }) => value)
    .filter((state) => isServing(state));
  return routers.every(({ endpoints }) =>
    controllers.every(({ published }) => published !== undefined && endpoints >= published),
  );
}
