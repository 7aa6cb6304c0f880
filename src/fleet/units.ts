// /units: what is wanted, and how far each of it has come.

import { demandOf } from '../model/requirements.ts';
import { keys } from '../registry/keys.ts';
import type { WantedUnit } from '../model/unit.ts';
import { type Held, put, unchanged } from '../registry/registry.ts';
import { type Answer, type Call, type Handler, json, list, only, type Services } from './call.ts';
import { changeUnit } from './change-unit.ts';
import { whereabouts } from './current-state.ts';
import { type UnitEntity, unitEntity } from './entities.ts';
import { quoteText } from './go-text.ts';
import { pageOf } from './paging.ts';
import { FleetRefusal } from './refusal.ts';
import type { Copies } from './sight.ts';
import { readUnitBody, type UnitBody } from './unit-body.ts';
import { nameProblem, ownedByOthers } from './unit-name.ts';

/** Others may change the same unit at the same moment. */
const ATTEMPTS = 10;
const UNKNOWN = 'unit does not exist';

export const units: Handler = async ({ method, query }, { sight }, signal) => {
  if (method !== 'GET') throw only('GET');
  const copies = await sight.look(signal);
  const { items, ...page } = pageOf(copies.known(), query);
  return list('units', { ...page, items: items.map((unit) => inList(copies, unit)) });
};

export const unit: Handler = async (call, services, signal) => {
  switch (call.method) {
    case 'GET':
      return getUnit(call, services, signal);
    case 'PUT':
      return putUnit(call, services, signal);
    case 'DELETE':
      return deleteUnit(call, services, signal);
    default:
      throw only('GET, PUT and DELETE');
  }
};

/** fleet's list calls a global unit inactive; asked for alone it has no such field. */
function inList(copies: Copies, unit: Held<WantedUnit>): UnitEntity {
  return isGlobal(unit.value)
    ? unitEntity(unit.value, { currentState: 'inactive' })
    : entityOf(copies, unit);
}

function entityOf(copies: Copies, { value, modRevision }: Held<WantedUnit>): UnitEntity {
  if (isGlobal(value)) return unitEntity(value, {});
  return unitEntity(value, whereabouts(value, modRevision, copies.presencesOf(value.name)));
}

function isGlobal(unit: WantedUnit): boolean {
  return demandOf(unit).global;
}

async function getUnit({ item }: Call, services: Services, signal: AbortSignal): Promise<Answer> {
  const copies = await services.sight.look(signal);
  const found = copies.unit(item) ?? (await platformsUnit(services, item, signal));
  if (!found) throw new FleetRefusal(404, UNKNOWN);
  return json(entityOf(copies, found));
}

/** Components and containers of apps are not listed here and cannot be changed, but `fleetctl status`, `journal` and `ssh` find them. */
export async function platformsUnit(
  { registry }: Services,
  name: string,
  signal: AbortSignal,
): Promise<Held<WantedUnit> | undefined> {
  if (ownedByOthers(name) === undefined) return undefined;
  const [platform, app] = await Promise.all([
    registry.get(keys.platformUnits, [name], signal),
    registry.get(keys.appUnits, [name], signal),
  ]);
  const found = platform ?? app;
  return found?.value.desired === 'gone' ? undefined : found;
}

async function putUnit(call: Call, services: Services, signal: AbortSignal): Promise<Answer> {
  mustBeJson(call);
  const body = readUnitBody(await call.body());
  const name = body.name === '' ? call.item : body.name;
  if (name !== call.item) {
    throw new FleetRefusal(
      400,
      `name in URL ${quoteText(call.item)} differs from unit name in request body ${quoteText(name)}`,
    );
  }
  const problem = nameProblem(name) ?? ownedByOthers(name);
  if (problem !== undefined) throw new FleetRefusal(400, problem);
  const created = await change(services, name, body, signal);
  return { status: created ? 201 : 204 };
}

/** Exactly one, whatever its parameters are. */
function mustBeJson({ contentTypes }: Call): void {
  const [type, ...more] = contentTypes;
  const media = type?.split(';')[0]!.trim().toLowerCase();
  if (media === 'application/json' && more.length === 0) return;
  throw new FleetRefusal(415, 'only acceptable Content-Type is application/json');
}

async function change(
  { registry, sight, log }: Services,
  name: string,
  body: UnitBody,
  signal: AbortSignal,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const current = await registry.get(keys.foreignUnits, [name], signal);
    const { created, record } = changeUnit(name, body, current?.value);
    if (!record) return created;
    const { applied, revision } = await registry.commit(
      [unchanged(keys.foreignUnits, [name], current?.modRevision ?? 0)],
      [put(keys.foreignUnits, [name], record)],
      signal,
    );
    if (!applied) continue;
    log.info('took a unit', { unit: name, desired: record.desired, revision });
    await sight.showing('units', revision, signal);
    return created;
  }
  throw new FleetRefusal(500);
}

/** The record goes when no machine has the unit any more: undertaker.ts. */
async function deleteUnit(
  { item }: Call,
  { registry, sight, log }: Services,
  signal: AbortSignal,
): Promise<Answer> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const current = await registry.get(keys.foreignUnits, [item], signal);
    if (!current || current.value.desired === 'gone') {
      const owner = ownedByOthers(item);
      throw owner === undefined ? new FleetRefusal(404, UNKNOWN) : new FleetRefusal(400, owner);
    }
    const { applied, revision } = await registry.commit(
      [unchanged(keys.foreignUnits, [item], current.modRevision)],
      [put(keys.foreignUnits, [item], { ...current.value, desired: 'gone' })],
      signal,
    );
    if (!applied) continue;
    log.info('took a unit away', { unit: item, revision });
    await sight.showing('units', revision, signal);
    return { status: 204 };
  }
  throw new FleetRefusal(500);
}
