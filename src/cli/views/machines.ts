// `deisctl machines`: every machine of the cluster and what state it is in; pure.

import {
  type Alive,
  type Lost,
  type Machine,
  type Orders,
  machineLabel,
} from '../../model/cluster.ts';
import { table } from '../table.ts';

/**
 * `ready`: its heartbeat is there. `silent`: it is not, and the scheduler has not (yet) declared it lost.
 * `lost`: declared lost, its units are placed elsewhere. `leaving`: it is being shut down. `cordoned`, `draining`: as an operator
 * ordered.
 */
export type MachineState = 'ready' | 'silent' | 'lost' | 'cordoned' | 'draining' | 'leaving';

/** One element of `deisctl machines --json`. */
export interface MachineRow {
  id: string;
  name: string;
  ip: string;
  metadata: Record<string, string>;
  state: MachineState;
}

/** Per machine id. */
export interface MachineRecords {
  machines: readonly Machine[];
  alive: ReadonlyMap<string, Alive>;
  lost: ReadonlyMap<string, Lost>;
  orders: ReadonlyMap<string, Orders>;
}

export function machineRows({ machines, alive, lost, orders }: MachineRecords): MachineRow[] {
  const stateOf = ({ id, leaving }: Machine): MachineState => {
    if (lost.has(id)) return 'lost';
    if (!alive.has(id)) return 'silent';
    if (leaving) return 'leaving';
    const order = orders.get(id);
    if (order?.drain) return 'draining';
    return order?.cordon ? 'cordoned' : 'ready';
  };
  return machines
    .map((machine) => {
      const { id, name, ip, metadata } = machine;
      return { id, name, ip, metadata, state: stateOf(machine) };
    })
    .toSorted((left, right) => left.name.localeCompare(right.name, 'en', { numeric: true }));
}

/** The first three columns are the original's. */
export function machineTable(rows: readonly MachineRow[]): string[] {
  return table([
    ['MACHINE', 'IP', 'METADATA', 'NAME', 'STATE'],
    ...rows.map((row) => [
      machineLabel(row).replace(/\/.*/, ''),
      row.ip,
      metadataText(row.metadata),
      row.name,
      row.state,
    ]),
  ]);
}

function metadataText(metadata: Record<string, string>): string {
  const pairs = Object.entries(metadata).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '-' : pairs.toSorted().join(',');
}

/** The machine a person means by its name, address, id or the beginning of its id; or what is wrong. */
export function findMachine<T extends Pick<Machine, 'id' | 'name' | 'ip'>>(
  word: string,
  machines: readonly T[],
): T | { problem: string } {
  const exact = machines.filter(({ id, name, ip }) => [id, name, ip].includes(word));
  const begins = machines.filter(
    ({ id }) => word.length >= 4 && id.startsWith(word.replace(/\.+$/, '')),
  );
  const found = exact.length > 0 ? exact : begins;
  const [machine] = found;
  if (machine && found.length === 1) return machine;
  const names = machines.map(({ name }) => name).join(', ') || 'none';
  if (machine) return { problem: `"${word}" fits several machines` };
  return { problem: `there is no machine "${word}" (machines: ${names})` };
}
