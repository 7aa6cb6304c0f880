// Names of things and how they are spelled: apps, process types, containers, units, machines.

/** App ids: `^[a-z0-9-]+$`, at most 63 characters so that `<id>.<domain>` is a legal DNS label (Deis v1 allowed 64). */
export const APP_ID = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Process types of a Procfile, as v1 and Heroku took them: `web`, `celery_worker`, `Clock`. */
export const PROCESS_TYPE = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
/** What a person may mean by a process: a type or one container, `web` or `web.1`. */
export const PROCESS = /^[A-Za-z][A-Za-z0-9_-]{0,62}(?:\.[0-9]+)?$/;
/** Names of config values (Deis v1, case-insensitive). */
export const CONFIG_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Ids that no app may take: they are hosts or upstream groups of the platform itself. */
export function isReservedAppId(id: string): boolean {
  return id === 'deis' || id.startsWith('deis-');
}

/** One running instance of an app's process type: `app_v3.web.1`. */
export interface ContainerName {
  app: string;
  release: number;
  type: string;
  num: number;
}

export function containerName({ app, release, type, num }: ContainerName): string {
  return `${app}_v${release}.${type}.${num}`;
}

export function appUnitName(name: ContainerName): string {
  return `${containerName(name)}.service`;
}

const CONTAINER =
  /^([a-z0-9-]+)_v([1-9][0-9]*)\.([A-Za-z][A-Za-z0-9_-]*)\.([1-9][0-9]*)(?:\.service)?$/;

/** The parts of `app_v3.web.1` or `app_v3.web.1.service`; undefined for any other name. */
export function parseContainerName(text: string): ContainerName | undefined {
  const match = CONTAINER.exec(text);
  if (!match) return undefined;
  const [, app, release, type, num] = match;
  return { app: app!, release: Number(release), type: type!, num: Number(num) };
}

/** `deis-router@1.service` for ('router', 1), `deis-builder.service` for ('builder'). */
export function platformUnitName(component: string, instance?: number): string {
  return instance === undefined
    ? `deis-${component}.service`
    : `deis-${component}@${instance}.service`;
}

const PLATFORM = /^deis-([a-z][a-z0-9-]*?)(?:@([1-9][0-9]*))?\.service$/;

export function parsePlatformUnitName(
  name: string,
): { component: string; instance?: number } | undefined {
  const match = PLATFORM.exec(name);
  if (!match) return undefined;
  const [, component, instance] = match;
  return instance === undefined
    ? { component: component! }
    : { component: component!, instance: Number(instance) };
}

/** Units that have owners of their own: components (`deis-…`) and containers of apps (`blog_v3.web.1.service`). */
export function isPlatformsName(name: string): boolean {
  return name.startsWith('deis-') || parseContainerName(name) !== undefined;
}

const UNIT_NAME = /^(?!@)[A-Za-z0-9:\-_.\\@]+\.([a-z]+)$/;
const UNIT_TYPES = [
  'automount',
  'busname',
  'device',
  'mount',
  'path',
  'scope',
  'service',
  'slice',
  'snapshot',
  'socket',
  'swap',
  'target',
  'timer',
];
const TEMPLATE_TYPES = ['path', 'service', 'socket', 'target', 'timer'];

/** What is wrong with a unit's name (fleet 1.0 rules, reference §1), or undefined. */
export function unitNameProblem(name: string): string | undefined {
  if (name.length === 0 || name.length > 256) return 'unit name must have 1 to 256 characters';
  const match = UNIT_NAME.exec(name);
  if (!match) return `invalid unit name "${name}"`;
  const type = match[1]!;
  if (!UNIT_TYPES.includes(type)) return `unit name "${name}" has no known unit type`;
  if (name.includes('@') && !TEMPLATE_TYPES.includes(type)) {
    return `a ${type} unit cannot be a template or an instance`;
  }
  return undefined;
}

/** True for `name@.service`: a template, which can be stored but never started. */
export function isTemplateName(name: string): boolean {
  return /@\.[a-z]+$/.test(name);
}
