// The containers of an app as people see them: what is wanted, and what machines say of it.

import { createHash } from 'node:crypto';
import type { UnitState } from '../../model/unit.ts';
import { standing } from '../deployment/sides.ts';
import type { World } from '../deployment/world.ts';
import { type ContainerState, containerState } from '../rules/container-state.ts';
import type { AppSnapshot } from './snapshot.ts';

export interface Container {
  uuid: string;
  /** Unit name without `.service`: `blog_v3.web.1`. */
  name: string;
  release: number;
  type: string;
  num: number;
  state: ContainerState;
  /** ISO 8601: when it was started; before that, when its release was made. */
  created: string;
  /** The report that counts most, and the name of its machine. */
  report?: UnitState & { machine: string };
}

/** By type and number. */
export function containersOf(snapshot: AppSnapshot, world: World): Container[] {
  const { app, units, releases } = snapshot;
  const born = new Map(units.map(({ value, createRevision }) => [value.name, createRevision]));
  const made = new Map(releases.map(({ value }) => [value.version, value.created]));
  const reports = world.instancesOf(app.value.id);
  return standing(units.map(({ value }) => value)).map(({ unit, release, type, num }) => {
    const instances = reports.get(unit) ?? [];
    const best = instances.toSorted(
      (a, b) => b.state.revision - a.state.revision || b.state.since - a.state.since,
    )[0];
    const started = instances.find(({ state }) => state.startedAt)?.state.startedAt;
    return {
      uuid: uuidOf(`${unit} ${born.get(unit)}`),
      name: unit.replace(/\.service$/, ''),
      release,
      type,
      num,
      state: containerState(instances.map(({ state }) => state)),
      created: started ?? made.get(release) ?? app.value.created,
      ...(best ? { report: { ...best.state, machine: world.machineName(best.machine) } } : {}),
    };
  });
}

/** The same for as long as the record lives; looks like any other uuid. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) % 4]!;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
