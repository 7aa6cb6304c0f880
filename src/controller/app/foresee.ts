// What a change would do, without doing it: which containers go where and why, what is left of the machines, and which lines of unit
// files and routes would be others. Nothing is written.

import type { Build, Config, Release } from '../../model/app.ts';
import { formatBytes } from '../../model/capacity.ts';
import type { DeployPolicy } from '../../model/deploy-policy.ts';
import { parseContainerName } from '../../model/ids.ts';
import { textDiff } from '../../model/text-diff.ts';
import type { WantedUnit } from '../../model/unit.ts';
import type { PlacementForecast } from '../../ports/foresight.ts';
import { keys } from '../../registry/keys.ts';
import { RELEASE_PHASE } from '../rules/scale.ts';
import type { Services } from '../services.ts';
import type { Change } from './change.ts';
import { readBuild, readConfig } from './release.ts';
import { openSettings } from './secret-values.ts';
import { type AppSnapshot, liveRelease } from './snapshot.ts';
import { appUnit, isRouted } from './unit.ts';
import { containerText } from './container-text.ts';

/** A change that is not made, as JSON for programs and as text for people. */
export interface Foreseen {
  dry_run: true;
  app: string;
  kind: Change['kind'];
  /** Release numbers; equal when no release is made. */
  from: number;
  to: number;
  /** What happens, in order. */
  steps: string[];
  start: PlacementForecast['placed'];
  refused: PlacementForecast['refused'];
  stop: string[];
  restart: string[];
  machines: PlacementForecast['rooms'];
  /** Of one unit file per process type, with its container. */
  unit_diff: string[];
  host_diff: string[];
  /** All of it, to be read. */
  text: string[];
}

/** Thrown in place of making a change: the call ends here, and its answer is the plan. */
export class ForeseenChange extends Error {
  readonly foreseen: Foreseen;

  constructor(foreseen: Foreseen) {
    super('This change was only looked at.');
    this.foreseen = foreseen;
  }
}

export async function foresee(
  services: Services,
  snapshot: AppSnapshot,
  change: Change,
  signal: AbortSignal,
): Promise<Foreseen> {
  const { registry, foresight } = services;
  const app = snapshot.app.value.id;
  const from = liveRelease(snapshot);
  const release = change.release ?? from;
  const policy = (await registry.get(keys.policies, [app], signal))?.value.policy ?? {};
  const start = await unitsOf(services, change, release, policy, signal);
  const forecast = await foresight.placements({ start, gone: change.removed }, signal);
  const upstreams = forecast.placed
    .filter(({ unit }) => isRouted(parseContainerName(unit)?.type ?? ''))
    .map(({ ip }) => `${ip}:20000`);
  const hosts = await foresight.hosts(app, { gone: change.removed, upstreams }, signal);
  const foreseen: Omit<Foreseen, 'text'> = {
    dry_run: true,
    app,
    kind: change.kind,
    from: from.version,
    to: release.version,
    steps: stepsOf(change, policy),
    start: forecast.placed,
    refused: forecast.refused,
    stop: change.removed.filter((unit) => !change.added.includes(unit)),
    restart: Object.keys(change.restarts ?? {}),
    machines: forecast.rooms,
    unit_diff: unitDiff(services, snapshot, change, start),
    host_diff: hostDiff(hosts.before, hosts.after),
  };
  return { ...foreseen, text: textOf(foreseen) };
}

/** The wanted units that the driver would write. */
async function unitsOf(
  { registry, vault }: Services,
  change: Change,
  release: Release,
  policy: Partial<DeployPolicy>,
  signal: AbortSignal,
): Promise<WantedUnit[]> {
  if (change.added.length === 0) return [];
  const build: Build | undefined = change.build ?? (await readBuild(registry, release, signal));
  if (!build) return [];
  const config: Config = change.config ?? (await readConfig(registry, release, signal));
  const settings = openSettings(vault, config);
  return change.added.flatMap((unit) => {
    const name = parseContainerName(unit);
    return name ? [appUnit(name, release, build, settings, policy)] : [];
  });
}

function stepsOf(change: Change, policy: Partial<DeployPolicy>): string[] {
  const { added, removed, restarts = {}, release, build } = change;
  const line = release && build?.procfile[RELEASE_PHASE];
  const at = policy.batch ? `${policy.batch} at a time` : 'all at once';
  return [
    ...(line === undefined ? [] : [`run the release phase: ${line}`]),
    ...(added.length === 0 ? [] : [`start ${added.length} containers, ${at}`]),
    ...(added.length === 0 ? [] : ['wait until they are healthy and all routers send to them']),
    ...Object.keys(restarts).map((unit) => `drain and restart ${shortName(unit)}`),
    ...(removed.length === 0 ? [] : [`withdraw, drain and stop ${removed.length} containers`]),
  ];
}

/** One container of each process type stands for all of them. */
function unitDiff(
  { foresight, world }: Services,
  { units }: AppSnapshot,
  { kind, removed }: Change,
  start: readonly WantedUnit[],
): string[] {
  const systemd = Math.min(...world.machines().map(({ versions }) => versions.systemd), 252);
  const text = (unit: WantedUnit | undefined): string =>
    unit ? `${foresight.unitText(unit, systemd)}${containerText(unit)}` : '';
  const present = units.map(({ value }) => value).filter(({ desired }) => desired !== 'gone');
  const leaving = present.filter(({ name }) => kind !== 'restart' && removed.includes(name));
  const types = new Set([...leaving, ...start].map((unit) => unit.process?.type ?? ''));
  return [...types].toSorted().flatMap((type) => {
    const isOf = (unit: WantedUnit): boolean => unit.process?.type === type;
    const [before, after] = [
      present.find(isOf),
      start.find(isOf) ??
        (kind === 'scale' && leaving.length < present.filter(isOf).length
          ? present.find(isOf)
          : undefined),
    ];
    const lines = textDiff(text(before), text(after));
    return lines.length === 0 ? [] : [`${before?.name ?? '-'} → ${after?.name ?? '-'}`, ...lines];
  });
}

/** Host ports are chosen when a container starts. */
function hostDiff(before: string, after: string): string[] {
  return textDiff(before, after.replaceAll(/:20000;/g, ':<its port>;'));
}

const shortName = (unit: string): string => unit.replace(/\.service$/, '');

function textOf(foreseen: Omit<Foreseen, 'text'>): string[] {
  const { app, kind, from, to, steps, start, refused, stop, restart, machines } = foreseen;
  const versions = from === to ? `v${from}` : `v${from} → v${to}`;
  return [
    `${kind} of ${app}, ${versions}: nothing was changed`,
    ...section('Steps', steps.length > 0 ? steps : ['nothing has to start or stop']),
    ...section(
      'Start',
      start.map(({ unit, machine, reason }) => `${shortName(unit)} on ${machine}: ${reason}`),
    ),
    ...section('Can run nowhere', refused.flatMap(refusal)),
    ...section('Restart', restart.map(shortName)),
    ...section('Stop', stop.map(shortName)),
    ...section('Machines', machines.map(roomText)),
    ...section('Unit files', foreseen.unit_diff),
    ...section('Routes', foreseen.host_diff),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function refusal({ unit, reason, machines }: PlacementForecast['refused'][number]): string[] {
  const why = Object.entries(machines).map(([machine, problem]) => `  ${machine}: ${problem}`);
  return [`${shortName(unit)}: ${reason}`, ...why];
}

function roomText({
  machine,
  capacity,
  memory,
  units,
}: PlacementForecast['rooms'][number]): string {
  const counts = `${units.now} → ${units.after} units (${units.meanwhile} meanwhile)`;
  const reserved = `${formatBytes(memory.now)} → ${formatBytes(memory.after)} reserved (${formatBytes(memory.meanwhile)} meanwhile)`;
  const room =
    capacity > 0
      ? `, ${formatBytes(capacity - memory.after)} of ${formatBytes(capacity)} free then`
      : '';
  return `${machine}: ${counts}, ${reserved}${room}`;
}
