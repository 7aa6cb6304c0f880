// Units of every kind: they have a place, their image is there, and they do not end again and again.

import { parseContainerName } from '../../model/ids.ts';
import type { UnitState, WantedUnit } from '../../model/unit.ts';
import { type Chart, enumerate, shortUnit } from '../chart.ts';
import { type Finding, finding } from '../finding.ts';

/** An end now and then is not a loop. */
const MANY_CRASHES = 2;
/** A loop that happens to be up at this moment, ms. */
const BRIEFLY = 10_000;
const IMAGE =
  /image\b.*\b(?:could not be pulled|cannot be pulled)|no image archive|no such image|the engine could not pull/i;

export function checkPlaces(chart: Chart): Finding[] {
  const wanted = new Map(chart.launched().map((unit) => [unit.name, unit]));
  const groups = new Map<string, string[]>();
  for (const [unit, { reason }] of Object.entries(chart.records.unschedulable)) {
    if (wanted.has(unit)) groups.set(reason, [...(groups.get(reason) ?? []), unit]);
  }
  return [...groups].map(([reason, units]) => {
    const names = units.toSorted().map(shortUnit);
    const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');
    const first = wanted.get(units[0]!)!;
    const machines = chart.records.unschedulable[units[0]!]!.machines;
    return finding({
      fault: 'unit-unplaceable',
      subject: names[0]!,
      says: `${shown} ${units.length === 1 ? 'has' : 'have'} no place: ${reason}`,
      because: Object.entries(machines).map(([machine, why]) => `${machine}: ${why}`),
      remedy: placeFor(chart, first, machines),
      units,
      apps: [...new Set(units.flatMap((unit) => parseContainerName(unit)?.app ?? []))],
      settling: true,
    });
  });
}

function placeFor(chart: Chart, unit: WantedUnit, machines: Record<string, string>) {
  const cordoned = Object.entries(chart.records.orders)
    .filter(([, { cordon, drain }]) => cordon || drain)
    .map(([id]) => chart.nameOf(id));
  const open = cordoned.filter((name) => name in machines);
  const why = chart.deisctl(`why ${shortUnit(unit.name)}`);
  if (open.length > 0) {
    return {
      says: 'Open a machine that was closed for new units.',
      commands: [...open.map((name) => chart.deisctl(`uncordon ${name}`)), why],
    };
  }
  const container = parseContainerName(unit.name);
  if (unit.kind === 'foreign') {
    const says = 'Give a machine what its [X-Fleet] section asks for, or take the unit back.';
    return { says, commands: [chart.deisctl(`destroy ${unit.name}`), why] };
  }
  if (container) {
    const { app, type } = container;
    const says =
      'Add a machine that fits, or ask for less: fewer containers, other tags or limits.';
    const tags = `deis tags:list -a ${app}`;
    return { says, commands: [why, tags, `deis ps:scale ${type}=1 -a ${app}`] };
  }
  const [, component = ''] = /^deis-([a-z]+)@/.exec(unit.name) ?? [];
  const fits = chart.componentUnits(component).filter(({ name }) => {
    return chart.placesOf(name).length > 0;
  }).length;
  return {
    says: 'No two instances share a machine: add a machine, or ask for fewer.',
    commands: component === '' ? [why] : [chart.deisctl(`scale ${component}=${fits}`), why],
  };
}

interface Instance {
  unit: WantedUnit;
  machine: string;
  state: UnitState;
  /** What its waiter said last. */
  says: string;
  /** Ms in its present state, by the machine's own clock. */
  stood: number;
}

function instances(chart: Chart): Instance[] {
  return chart.launched().flatMap((unit) =>
    chart.statesOf(unit.name).flatMap(({ machine, state }) => {
      const examination = chart.machine(machine)?.examination;
      if (!chart.placesOf(unit.name).includes(machine)) return [];
      const says = examination?.services[unit.name]?.says ?? '';
      const now = examination?.at ?? chart.facts.at;
      return { unit, machine, state, says, stood: now - state.since };
    }),
  );
}

export function checkImages(chart: Chart): Finding[] {
  const missing = instances(chart).filter(({ state, says }) => {
    return state.phase !== 'running' && IMAGE.test(`${state.message ?? ''} ${says}`);
  });
  const groups = new Map<string, Instance[]>();
  for (const one of missing) {
    const app = parseContainerName(one.unit.name)?.app ?? one.unit.name;
    groups.set(app, [...(groups.get(app) ?? []), one]);
  }
  return [...groups.values()].map((group) => {
    const [{ unit, state, says }] = group as [Instance];
    const container = parseContainerName(unit.name);
    const machines = [...new Set(group.map(({ machine }) => machine))];
    const image = unit.process?.image;
    return finding({
      fault: 'image-missing',
      subject: container?.app ?? shortUnit(unit.name),
      says: `the image of ${group.map((one) => shortUnit(one.unit.name)).join(', ')} is missing on ${enumerate(machines)}`,
      because: [...(image === undefined ? [] : [image]), state.message ?? says],
      remedy: container ? newImage(container.app, container.release) : platformImage(chart),
      machines,
      units: group.map((one) => one.unit.name),
      apps: container ? [container.app] : [],
      settling: true,
    });
  });
}

function newImage(app: string, release: number) {
  const back = release > 1 ? [`deis releases:rollback v${release - 1} -a ${app}`] : [];
  return {
    says: 'No replica of the registry has it any more: push the app again, or go back to a release whose image is there.',
    commands: [...back, `git push deis master`, `deis builds:list -a ${app}`],
  };
}

function platformImage(chart: Chart) {
  return {
    says: 'It comes from /opt/deis/images of the machine: bring that archive there again.',
    commands: chart.isLocal ? [chart.local('up')] : [],
  };
}

export function checkCrashes(chart: Chart): Finding[] {
  return instances(chart).flatMap((one) => {
    const { unit, machine, state, says, stood } = one;
    const loops =
      state.crashes >= MANY_CRASHES &&
      (state.phase !== 'running' || (stood < BRIEFLY && state.exitCode !== 0));
    const failed = state.phase === 'failed';
    if ((!loops && !failed) || IMAGE.test(`${state.message ?? ''} ${says}`)) return [];
    const name = shortUnit(unit.name);
    const code = state.exitCode === undefined ? [] : [`its last exit status is ${state.exitCode}`];
    const said = [state.message, says === '' ? undefined : says].filter(
      (text) => text !== undefined,
    );
    return finding({
      fault: loops ? 'unit-crashes' : 'unit-failed',
      subject: name,
      says: loops
        ? `${name} on ${machine} ends again and again: ${state.crashes} times since it was started`
        : `${name} on ${machine} failed`,
      because: [...code, ...said],
      remedy: betterUnit(chart, unit),
      machines: [machine],
      units: [unit.name],
      apps: appsOf(unit.name),
      settling: true,
    });
  });
}

function betterUnit(chart: Chart, { name, kind }: WantedUnit) {
  const journal = chart.deisctl(`journal ${shortUnit(name)}`);
  const container = parseContainerName(name);
  if (container) {
    const { app, release } = container;
    const back = release > 1 ? [`deis releases:rollback v${release - 1} -a ${app}`] : [];
    const says =
      'See what it says before it ends; go back to a release that ran, or push a better one.';
    return { says, commands: [`deis logs -a ${app}`, ...back, journal] };
  }
  if (kind === 'foreign') {
    const says =
      'See what it says before it ends, then take the unit back and submit a better one.';
    return { says, commands: [journal, chart.deisctl(`destroy ${name}`)] };
  }
  const says = 'See what it says before it ends, mend that, and start it anew.';
  return { says, commands: [journal, chart.deisctl(`restart ${shortUnit(name)}`)] };
}

export function appsOf(unit: string): string[] {
  const container = parseContainerName(unit);
  return container ? [container.app] : [];
}
