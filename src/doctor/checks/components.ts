// The platform's components: every instance that was started serves, and does for its users what they need it for.

import { COMPONENTS } from '../../model/components.ts';
import type { ExaminedComponent } from '../../model/examination.ts';
import { isServing, type UnitState, type WantedUnit } from '../../model/unit.ts';
import { type Chart, enumerate, shortUnit } from '../chart.ts';
import { type Fault, type Finding, finding, type Remedy } from '../finding.ts';

const AWAY: Record<string, Fault> = {
  registry: 'registry-away',
  logger: 'logger-away',
  router: 'router-away',
  controller: 'controller-away',
  builder: 'builder-away',
};

const MEANS: Record<string, string> = {
  registry: 'images have one replica less; without any nothing new can be pulled',
  logger: '`deis logs` shows what the journals have, drains wait',
  router: 'requests to it are refused',
  controller: 'without any, nothing of an app can be changed',
  builder: 'without any, `git push` is refused',
};

const PAUSED = 'its container is paused';
/** Starting takes no longer unless something is wrong: an image may have to be loaded, ms. */
const START_MS = 180_000;

export function checkComponents(chart: Chart, names: readonly string[]): Finding[] {
  return COMPONENTS.filter(({ name }) => names.includes(name)).flatMap(({ name }) => {
    const units = chart.componentUnits(name).filter(({ desired }) => desired !== 'gone');
    const findings = units.flatMap((unit) => instance(chart, name, unit));
    return [...findings, ...missing(chart, name, units)];
  });
}

/** The platform was installed without it. */
function missing(chart: Chart, component: string, units: readonly WantedUnit[]): Finding[] {
  const others = chart.launched().filter(({ kind }) => kind === 'platform');
  if (units.length > 0 || others.length === 0) return [];
  return [
    finding({
      fault: AWAY[component]!,
      subject: component,
      says: `there is no ${component}`,
      because: [`other components are installed; ${MEANS[component]}`],
      remedy: {
        says: 'Install and start it.',
        commands: [chart.deisctl(`install ${component}`), chart.deisctl(`start ${component}`)],
      },
      settling: true,
    }),
  ];
}

function instance(chart: Chart, component: string, unit: WantedUnit): Finding[] {
  const name = shortUnit(unit.name);
  if (unit.desired !== 'launched') {
    if (isBeingStarted(chart)) return [];
    return [
      away(chart, component, unit, [`it was stopped; ${MEANS[component]}`], {
        says: 'Start it.',
        commands: [chart.deisctl(`start ${name}`)],
      }),
    ];
  }
  const states = chart.statesOf(unit.name);
  const serving = states.find(({ state }) => isServing(state));
  if (serving) return atWork(chart, component, unit);
  if (states.some(({ machine, state }) => isStarting(chart, machine, state))) return [];
  const [at] = states;
  const asleep = problemsOf(chart, unit).filter(({ one }) => isAsleep(one));
  if (asleep.length > 0)
    return asleep.map(({ machine, one }) => mute(chart, component, unit, machine, [one]));
  const because = at
    ? [
        `${at.machine} reports ${at.state.active}/${at.state.sub} (${at.state.phase}, ${at.state.health})`,
      ]
    : ['no machine has it'];
  if (at?.state.message !== undefined) because.push(at.state.message);
  return [
    away(chart, component, unit, [...because, MEANS[component]!], {
      says: 'See why, and start it anew.',
      commands: [restart(chart, unit), chart.deisctl(`why ${name}`)],
    }),
  ];
}

/** On its way up, and nothing has gone wrong yet. What was told to restart goes down first. */
export function isStarting(chart: Chart, machine: string, state: UnitState): boolean {
  const now = chart.machine(machine)?.examination?.at ?? chart.facts.at;
  const onItsWay = ['pending', 'pulling', 'starting'].includes(state.phase);
  const unproven = state.phase === 'running' && state.health === 'unknown';
  const leaving = ['draining', 'stopping'].includes(state.phase);
  const failing = state.crashes > 1 || (onItsWay && state.message !== undefined);
  return (onItsWay || unproven || leaving) && !failing && now - state.since < START_MS;
}

function away(
  chart: Chart,
  component: string,
  unit: WantedUnit,
  because: string[],
  remedy: Remedy,
): Finding {
  return finding({
    fault: AWAY[component]!,
    subject: shortUnit(unit.name),
    says: `${shortUnit(unit.name)} is away`,
    because,
    remedy,
    machines: chart.machinesOf(unit.name),
    units: [unit.name],
    settling: true,
  });
}

/** `start platform` is on its way: what is not launched yet will be. */
function isBeingStarted(chart: Chart): boolean {
  const launched = chart.launched().filter(({ kind }) => kind === 'platform');
  if (launched.length === 0) return chart.records.apps.length === 0;
  return launched.some(({ name }) => {
    const states = chart.statesOf(name);
    const serves = states.some(({ state }) => isServing(state));
    return !serves && states.every(({ machine, state }) => isStarting(chart, machine, state));
  });
}

function problemsOf(chart: Chart, unit: WantedUnit): { machine: string; one: ExaminedComponent }[] {
  return chart
    .examined()
    .flatMap(({ name: machine, components }) =>
      components
        .filter((one) => one.unit === unit.name && one.problem !== undefined)
        .map((one) => ({ machine, one })),
    );
}

/** Somebody put it to sleep, and can wake it up. */
function isAsleep({ problem, stoppedProcess }: ExaminedComponent): boolean {
  return stoppedProcess !== undefined || problem === PAUSED;
}

/** systemd calls it well; does it answer its users? */
function atWork(chart: Chart, component: string, unit: WantedUnit): Finding[] {
  const machines = new Set(problemsOf(chart, unit).map(({ machine }) => machine));
  return [...machines].map((machine) => {
    const own = problemsOf(chart, unit).filter((row) => row.machine === machine);
    return mute(
      chart,
      component,
      unit,
      machine,
      own.map(({ one }) => one),
    );
  });
}

function mute(
  chart: Chart,
  component: string,
  unit: WantedUnit,
  machine: string,
  bad: readonly ExaminedComponent[],
): Finding {
  const name = shortUnit(unit.name);
  const socket = bad.every(({ asked }) => asked === "Docker's socket inside");
  const fault = socket ? 'builder-without-socket' : faultOf(component, bad);
  return finding({
    fault,
    subject: name,
    says: SENTENCES[fault]?.(name, machine) ?? `${name} on ${machine} runs and does not answer`,
    because: bad.map(({ asked, problem }) => `${asked}: ${problem}`),
    remedy: wakeUp(chart, machine, unit, bad),
    machines: [machine],
    units: [unit.name],
    settling: true,
  });
}

const SENTENCES: Partial<Record<Fault, (name: string, machine: string) => string>> = {
  'builder-without-socket': (name, machine) => `${name} on ${machine} cannot reach Docker's socket`,
  'nginx-dead': (name, machine) => `nginx of ${name} on ${machine} does not serve`,
  'router-stale': (name, machine) => `${name} on ${machine} is frozen: nginx serves what it knew`,
};

function faultOf(component: string, bad: readonly ExaminedComponent[]): Fault {
  if (component !== 'router') return AWAY[component]!;
  return bad.every(({ asked }) => asked === 'its agent') ? 'router-stale' : 'nginx-dead';
}

function wakeUp(
  chart: Chart,
  machine: string,
  unit: WantedUnit,
  bad: readonly ExaminedComponent[],
): Remedy {
  const pid = bad.find(({ stoppedProcess }) => stoppedProcess !== undefined)?.stoppedProcess;
  if (pid !== undefined) {
    return {
      says: 'Somebody stopped its process: let it go on.',
      commands: [chart.on(machine, `kill -CONT ${pid}`), restart(chart, unit)],
    };
  }
  if (bad.some(({ problem }) => problem === PAUSED)) {
    const containers = chart.machine(machine)?.examination?.containers ?? [];
    const id = containers.find((one) => one.unit === unit.name)?.id.slice(0, 12) ?? '';
    return {
      says: 'Somebody paused its container: let it go on.',
      commands: [chart.on(machine, `docker unpause ${id}`), restart(chart, unit)],
    };
  }
  return { says: 'Start it anew.', commands: [restart(chart, unit)] };
}

export function restart(chart: Chart, unit: WantedUnit): string {
  return chart.deisctl(`restart ${shortUnit(unit.name)}`);
}

/** What is on its way up: no fault, but worth a line. */
export function startingNotes(chart: Chart): string[] {
  const starting = chart.launched().filter((unit) => {
    const states = chart.statesOf(unit.name);
    const serves = states.some(({ state }) => isServing(state));
    return !serves && states.some(({ machine, state }) => isStarting(chart, machine, state));
  });
  const idle = chart.records.wanted.filter(
    ({ kind, desired }) => kind === 'platform' && desired === 'inactive',
  );
  const waiting =
    idle.length > 0 && isBeingStarted(chart)
      ? [`installed and not started yet: ${enumerate(idle.map(({ name }) => shortUnit(name)))}`]
      : [];
  if (starting.length === 0) return waiting;
  const names = starting.map(({ name }) => shortUnit(name));
  const shown = names.length > 5 ? [...names.slice(0, 5), `${names.length - 5} more`] : names;
  return [`on their way up: ${enumerate(shown)}`, ...waiting];
}
