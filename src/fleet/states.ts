// /state: what machines report of the units.

import type { UnitState } from '../model/unit.ts';
import { type Handler, json, list, only } from './call.ts';
import { stateEntity } from './entities.ts';
import { pageOf } from './paging.ts';
import { FleetRefusal } from './refusal.ts';
import { isShown } from './sight.ts';
import { platformsUnit } from './units.ts';

export const states: Handler = async ({ method, query }, { sight }, signal) => {
  if (method !== 'GET') throw only('GET');
  const copies = await sight.look(signal);
  const [name, machine] = [query.get('unitName') ?? '', query.get('machineID') ?? ''];
  const asked = copies
    .reports()
    .filter((report) => name === '' || report.unit === name)
    .filter((report) => machine === '' || report.machine === machine);
  const { items, ...page } = pageOf(asked, query);
  return list('states', {
    ...page,
    items: items.map((report) => stateEntity(report.unit, report.machine, report.state)),
  });
};

/** A unit that exists always gets an answer, if only its name: fleetctl breaks on any other. Of several machines one is told. */
export const state: Handler = async ({ method, item }, services, signal) => {
  if (method !== 'GET') throw only('GET');
  const copies = await services.sight.look(signal);
  const known = copies.unit(item) ?? (await platformsUnit(services, item, signal));
  if (!known) throw new FleetRefusal(404, 'unit does not exist');
  const reports = copies
    .presencesOf(item)
    .flatMap(({ machine, placement, state: told }) =>
      told && isShown(told) ? [{ machine, told, home: placement?.want === 'run' }] : [],
    );
  const [best] = reports.toSorted((a, b) => rank(a) - rank(b));
  return json(best ? stateEntity(item, best.machine, best.told) : { name: item });
};

/** Where it is at home, and there where it runs. */
function rank({ told, home }: { told: UnitState; home: boolean }): number {
  return (home ? 0 : 2) + (told.active === 'active' ? 0 : 1);
}
