// /machines: who is there, and what is said over them.

import { keys } from '../registry/keys.ts';
import { put } from '../registry/registry.ts';
import type { Write } from '../ports/store.ts';
import { type Answer, type Call, type Handler, list, only, type Services } from './call.ts';
import { machineEntity } from './entities.ts';
import { fieldsOf, kindOfJson, readJson } from './go-json.ts';
import { pageOf } from './paging.ts';
import { FleetRefusal } from './refusal.ts';

export const machines: Handler = async (call, services, signal) => {
  switch (call.method) {
    case 'GET':
      return getMachines(call, services, signal);
    case 'PATCH':
      return patchMachines(call, services, signal);
    default:
      throw only('GET and PATCH');
  }
};

/** A machine that is declared lost is not shown, as fleet's own is not once its heartbeat has ended. */
async function getMachines(
  { query }: Call,
  { sight }: Services,
  signal: AbortSignal,
): Promise<Answer> {
  const { machines: known, lost, metadata } = await sight.look(signal);
  const labels = metadata.items();
  const there = known
    .items()
    .map(({ value }) => value)
    .filter(({ id }) => lost.get(id) === undefined)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const { items, ...page } = pageOf(there, query);
  return list('machines', {
    ...page,
    items: items.map((machine) => {
      const own = labels.filter(({ ids }) => ids[0] === machine.id);
      return machineEntity(machine, new Map(own.map(({ ids, value }) => [ids[1]!, value])));
    }),
  });
}

interface Label {
  machine: string;
  key: string;
  /** Empty: the label is taken away. */
  value: string;
}

const PATH = /^\/([^/]{1,128})\/metadata\/([A-Za-z0-9_.-]{1,128})$/;
/** etcd takes a hundred writes in a transaction; more is no request of a person. */
const MOST = 100;

/** All or nothing. Kept for good, whether or not such a machine exists. */
async function patchMachines(
  call: Call,
  { registry, sight, log }: Services,
  signal: AbortSignal,
): Promise<Answer> {
  const labels = new Map<string, Label>();
  for (const label of readLabels(await call.body())) {
    labels.set(`${label.machine}/${label.key}`, label);
  }
  if (labels.size > MOST) throw new FleetRefusal(413, `more than ${MOST} labels at once`);
  if (labels.size > 0) {
    const writes = [...labels.values()].map(({ machine, key, value }): Write =>
      put(keys.machineMetadata, [machine, key], value),
    );
    const { revision } = await registry.commit([], writes, signal);
    log.info('took labels', { labels: [...labels.keys()].join(' '), revision });
    await sight.showing('metadata', revision, signal);
  }
  return { status: 204, type: 'application/json' };
}

function readLabels(text: string): Label[] {
  const read = readJson(text);
  if ('problem' in read) throw new FleetRefusal(400, read.problem);
  const { value } = read;
  if (value === null) return [];
  if (!Array.isArray(value)) {
    throw new FleetRefusal(
      400,
      `json: cannot unmarshal ${kindOfJson(value)} into Go value of type []api.machineMetadataOp`,
    );
  }
  return value.map(readLabel);
}

function readLabel(item: unknown): Label {
  const fields = fieldsOf(item !== null && typeof item === 'object' ? item : {}, [
    'op',
    'path',
    'value',
  ]);
  const op = fields.get('op');
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    throw new FleetRefusal(400, 'invalid op: expect add, remove, or replace');
  }
  const path = fields.get('path');
  const [, machine, key] = PATH.exec(typeof path === 'string' ? path : '') ?? [];
  if (machine === undefined || key === undefined) {
    throw new FleetRefusal(400, 'machine metadata path invalid');
  }
  if (op === 'remove') return { machine, key, value: '' };
  const value = valueOf(fields.get('value'));
  if (value === '') throw new FleetRefusal(400, 'invalid value: add and replace require a value');
  return { machine, key, value };
}

/** `"x"` as fleet's documents have it, or `{"value": "x"}` as its code wants it. */
function valueOf(given: unknown): string {
  const inner =
    given !== null && typeof given === 'object' ? fieldsOf(given, ['value']).get('value') : given;
  return typeof inner === 'string' ? inner : '';
}
