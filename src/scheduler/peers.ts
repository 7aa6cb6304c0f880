// MachineOf: who must be with whom, in which order they are placed, and who goes round in a circle.

import type { Demand } from '../model/requirements.ts';

export interface Peers {
  /** Names in the order of placing: whoever is followed comes before its followers. */
  order: string[];
  /** Units that (indirectly) must be with themselves, or with such a one: the circle in words. */
  circles: ReadonlyMap<string, string>;
  /** All that must end up on the same machine as this unit, itself left out. */
  companionsOf(unit: string): readonly string[];
  /** Does `unit` follow `other`, directly or through others? */
  follows(unit: string, other: string): boolean;
}

/** `demands`: of all units that are to run, in the order in which they would be placed otherwise. */
export function peersOf(demands: readonly Demand[]): Peers {
  const byName = new Map(demands.map((demand) => [demand.name, demand]));
  const leadersOf = (unit: string): string[] =>
    (byName.get(unit)?.machineOf ?? []).filter((peer) => byName.has(peer));
  const { order, circles } = inOrder(demands, leadersOf);
  const groups = groupsOf(demands, leadersOf);
  return {
    order,
    circles,
    companionsOf: (unit) => (groups.get(unit) ?? []).filter((other) => other !== unit),
    follows: (unit, other) => reaches(unit, other, leadersOf),
  };
}

function inOrder(demands: readonly Demand[], leadersOf: (unit: string) => string[]) {
  const order: string[] = [];
  const circles = new Map<string, string>();
  const done = new Set<string>();
  const visit = (unit: string, path: readonly string[]): void => {
    const start = path.indexOf(unit);
    if (start !== -1) {
      const circle = [...path.slice(start), unit].join(' → ');
      for (const member of path) circles.set(member, circle);
      return;
    }
    if (done.has(unit)) {
      const circle = circles.get(unit);
      if (circle !== undefined) for (const member of path) circles.set(member, circle);
      return;
    }
    for (const leader of leadersOf(unit)) visit(leader, [...path, unit]);
    done.add(unit);
    order.push(unit);
  };
  for (const { name, machineOf } of demands) if (machineOf.length === 0) visit(name, []);
  for (const { name } of demands) if (!done.has(name)) visit(name, []);
  return { order, circles };
}

/** Groups of more than one, per member. */
function groupsOf(demands: readonly Demand[], leadersOf: (unit: string) => string[]) {
  const groups = new Map<string, string[]>();
  for (const { name } of demands) {
    for (const leader of leadersOf(name)) {
      const mine = groups.get(name) ?? [name];
      const theirs = groups.get(leader) ?? [leader];
      if (mine === theirs) continue;
      const merged = [...new Set([...theirs, ...mine])];
      for (const member of merged) groups.set(member, merged);
    }
  }
  return groups;
}

function reaches(unit: string, other: string, leadersOf: (unit: string) => string[]): boolean {
  const seen = new Set<string>([unit]);
  const next = [unit];
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    for (const leader of leadersOf(at)) {
      if (leader === other) return true;
      if (!seen.has(leader)) next.push(leader);
      seen.add(leader);
    }
  }
  return false;
}
