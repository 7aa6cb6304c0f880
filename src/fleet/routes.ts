// THE table of fleet's API, version 1. To add a resource: a row.

import type { Answer, Call, Handler, Services } from './call.ts';
import { discovery } from './discovery.ts';
import { machines } from './machines.ts';
import { metrics } from './metrics.ts';
import { FleetRefusal } from './refusal.ts';
import { state, states } from './states.ts';
import { unit, units } from './units.ts';

/** Both names stand for the same. */
const BASES = ['/fleet/v1', '/v1-alpha'];

const COLLECTIONS: Readonly<Record<string, Handler>> = {
  units,
  state: states,
  machines,
  discovery,
};
/** `/units/NAME` and so on: NAME is one segment. */
const ITEMS: Readonly<Record<string, Handler>> = { units: unit, state };

/** `path` is decoded, as Go routes: an encoded slash is a slash. */
export async function route(
  path: string,
  call: Omit<Call, 'item'>,
  services: Services,
  signal: AbortSignal,
): Promise<Answer> {
  const { handler, item } = find(path);
  return handler({ ...call, item }, services, signal);
}

function find(path: string): { handler: Handler; item: string } {
  if (path === '/metrics') return { handler: metrics, item: '' };
  if (path === '/' || BASES.includes(path)) throw new FleetRefusal(405);
  const base = BASES.find((prefix) => path.startsWith(`${prefix}/`));
  const [resource = '', item, ...more] = path.slice((base ?? '').length + 1).split('/');
  const table = item === undefined ? COLLECTIONS : ITEMS;
  const handler = Object.hasOwn(table, resource) ? table[resource] : undefined;
  if (base === undefined || !handler || item === '' || more.length > 0) {
    throw new FleetRefusal(404);
  }
  return { handler, item: item ?? '' };
}
