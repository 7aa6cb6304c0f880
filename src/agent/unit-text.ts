// The unit file that a wanted unit gets on this machine.

import type { ContainerSpec } from '../model/container-spec.ts';
import { serialiseUnitFile } from '../model/unit-file.ts';
import type { UnitOption, WantedUnit } from '../model/unit.ts';
import type { Templates } from '../ports/templates.ts';

export interface UnitTextInput {
  unit: Pick<WantedUnit, 'name' | 'kind' | 'options' | 'process'>;
  /** What the waiter will make; absent for a unit that is for systemd alone. */
  container?: ContainerSpec;
  /** The host's systemd: what it does not know yet is left out. */
  systemd: number;
}

/**
 * App: from templates/app. Platform with a container and no ExecStart= of its own: as given, with the service part of
 * templates/platform. Anything else, and every foreign unit: byte for byte what was asked for.
 */
export function renderUnit(input: UnitTextInput, templates: Templates): string {
  const { unit, container } = input;
  if (unit.kind === 'foreign' || !container) return serialiseUnitFile(unit.options);
  if (unit.kind === 'app') return renderApp(input, container, templates);
  const runsItself = unit.options.some(({ section, name }) => isExec(section, name));
  if (runsItself) return serialiseUnitFile(unit.options);
  return renderPlatform(input, container, templates);
}

function isExec(section: string, name: string): boolean {
  return section === 'Service' && name === 'ExecStart';
}

function renderApp(input: UnitTextInput, container: ContainerSpec, templates: Templates): string {
  const { unit } = input;
  const type = unit.process?.type ?? '';
  return templates.render('app/unit.service', {
    name: unit.name,
    app: container.app,
    process: container.process,
    release: container.release,
    image: container.image,
    description: `${container.app} v${container.release} ${container.process}`,
    service: renderService(input, container, type === 'run' ? 'on-failure' : 'always', templates),
    options: appOptions(unit.options),
  });
}

/** [X-Deis] lines go on under the ones the template wrote; [X-Fleet] follows. */
function appOptions(options: readonly UnitOption[]): string {
  const own = options.filter(({ section }) => section === 'X-Deis');
  const rest = options.filter(({ section }) => section.startsWith('X-') && section !== 'X-Deis');
  const lines = own.map(({ name, value }) => `${name}=${value}\n`).join('');
  return rest.length === 0 ? lines : `${lines}\n${serialiseUnitFile(rest)}`;
}

function renderPlatform(
  input: UnitTextInput,
  container: ContainerSpec,
  templates: Templates,
): string {
  const ours: UnitOption[] = [
    { section: 'Unit', name: 'After', value: 'docker.service' },
    { section: 'Unit', name: 'Before', value: 'deis-drain.service' },
    { section: 'Unit', name: 'StartLimitIntervalSec', value: '0' },
  ];
  const service = input.unit.options.filter(({ section }) => section === 'Service');
  const rest = input.unit.options.filter(({ section }) => section !== 'Service');
  const lines = service.map(({ name, value }) => `${name}=${value}\n`).join('');
  return `${serialiseUnitFile([...rest, ...ours])}\n${renderService(input, container, 'always', templates)}${lines}`;
}

function renderService(
  { unit, systemd }: UnitTextInput,
  container: ContainerSpec,
  restart: string,
  templates: Templates,
): string {
  return templates.render('platform/service', {
    name: unit.name,
    restart,
    stopTimeout: container.stopTimeout,
    stopLimit: container.stopTimeout + STOP_MARGIN,
    restartsDirectly: systemd >= RESTART_MODE_SINCE,
  });
}

/** Seconds the waiter has, beyond the app's own, until systemd kills it. */
const STOP_MARGIN = 15;
/** systemd that knows RestartMode=. */
const RESTART_MODE_SINCE = 254;
