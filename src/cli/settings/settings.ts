// deisctl config: reads and writes the settings of the platform's components, /deis/<component>/<setting>.

import { readFile } from 'node:fs/promises';
import { COMPONENTS } from '../../model/components.ts';
import { DeisError } from '../../model/errors.ts';
import { logSettingProblem } from '../../logger/settings.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, put, remove } from '../../registry/registry.ts';
import { checkCertificate } from '../../controller/rules/certificate.ts';
import { isSealed } from '../../router/seal-key.ts';
import { DROPPED, SETTINGS, readSettings } from '../../router/settings.ts';
import { suggest } from '../suggest.ts';
import {
  type Assignment,
  FILE_SETTINGS,
  parseAssignments,
  settingNameProblem,
  settingValueProblem,
} from './settings-rules.ts';

/** `platform` for what belongs to no single component. */
export function requireConfigurable(component: string): void {
  const names = ['platform', 'logs', 'fleet', ...COMPONENTS.map(({ name }) => name)];
  if (names.includes(component)) return;
  const near = suggest(component, names);
  const meant = near === undefined ? '' : `Did you mean "${near}"? `;
  throw new DeisError(
    'invalid',
    `there is no component "${component}"`,
    `${meant}Components: ${names.join(', ')}.`,
  );
}

/** All settings of the component, or those named; throws DeisError 'not-found' naming one that is not set. */
export async function getSettings(
  registry: Registry,
  component: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const { items } = await registry.list(keys.settings, [component], signal);
  const reserved = otherPrefixes(component);
  const all = items
    .map(({ ids, value }) => [ids[1]!, value] as const)
    .filter(([name]) => settingNameProblem(name, reserved) === undefined);
  if (names.length === 0) return Object.fromEntries(all);
  const known = new Map(all);
  return Object.fromEntries(
    names.map((name) => {
      const value = known.get(name);
      if (value !== undefined) return [name, value];
      throw new DeisError('not-found', `${component}/${name} is not set`, setHint(component, name));
    }),
  );
}

/** Sets all or none. Resolves to what was stored. */
export async function setSettings(
  registry: Registry,
  component: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const parsed = parseAssignments(words);
  if ('problem' in parsed) throw new DeisError('invalid', parsed.problem, parsed.hint);
  const stored: Record<string, string> = {};
  for (const assignment of parsed.assignments) {
    requireSetting(component, assignment.name);
    const value = await storedValue(component, assignment);
    if (component === 'router') requireRouterValue(assignment.name, value);
    if (component === 'logs') requireLogValue(assignment.name, value);
    stored[assignment.name] = value;
  }
  if (component === 'router') await requireMatchingPair(registry, stored, signal);
  const writes = Object.entries(stored).map(([name, value]) =>
    put(keys.settings, [component, name], value),
  );
  await registry.commit([], writes, signal);
  return stored;
}

export async function removeSettings(
  registry: Registry,
  component: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of names) requireSetting(component, name);
  await registry.commit(
    [],
    names.map((name) => remove(keys.settings, [component, name])),
    signal,
  );
}

function requireSetting(component: string, name: string): void {
  const problem = settingNameProblem(name, otherPrefixes(component));
  if (problem !== undefined) throw new DeisError('invalid', problem);
}

/** The router says itself which settings it has and what they may hold: a value it would ignore is refused here. */
function requireRouterValue(name: string, value: string): void {
  const names = SETTINGS.map(({ key }) => key);
  const dropped = Object.hasOwn(DROPPED, name) ? DROPPED[name] : undefined;
  if (dropped !== undefined) {
    throw new DeisError('invalid', `the router has no setting ${name} any more: ${dropped}`);
  }
  if (!names.includes(name)) {
    const near = suggest(name, names);
    const meant = near === undefined ? '' : `Did you mean "${near}"? `;
    throw new DeisError(
      'invalid',
      `the router has no setting ${name}`,
      `${meant}Settings: ${names.join(', ')}.`,
    );
  }
  const problem = readSettings({ [name]: value }).refused[name];
  if (problem !== undefined) throw new DeisError('invalid', `${name}: ${problem}`);
}

/** The certificate of the platform and its key are one thing: whichever comes second must fit the first. */
async function requireMatchingPair(
  registry: Registry,
  stored: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const held = async (name: string): Promise<string | undefined> =>
    stored[name] ?? (await registry.get(keys.settings, ['router', name], signal))?.value;
  if (stored['sslCert'] === undefined && stored['sslKey'] === undefined) return;
  const [certificate, key] = [await held('sslCert'), await held('sslKey')];
  if (certificate === undefined || key === undefined) return; // the other one comes later
  if (isSealed(key)) return; // only routers can look at it; they say when it does not fit
  const checked = checkCertificate(certificate, key, new Date());
  if ('facts' in checked) return;
  const hint = 'Set both at once: deisctl config router set sslCert=<file> sslKey=<file>';
  throw new DeisError('invalid', checked.problem, hint);
}

/** As above, for the logger; a file is judged by what it holds. */
function requireLogValue(name: string, value: string): void {
  const problem = logSettingProblem(name, value);
  if (problem !== undefined) throw new DeisError('invalid', `${name} ${problem}`);
}

/** What other key families hold below /deis/<component>/: `alive/`, `hosts/`. */
function otherPrefixes(component: string): string[] {
  const own = keys.settings.under(component);
  return Object.values(keys)
    .filter((family) => family.writer !== 'deisctl' && family.prefix.startsWith(own))
    .map((family) => family.prefix.slice(own.length));
}

async function storedValue(component: string, { name, value }: Assignment): Promise<string> {
  const setting = `${component}/${name}`;
  const problem = settingValueProblem(setting, value);
  if (problem !== undefined) throw new DeisError('invalid', problem);
  const form = FILE_SETTINGS[setting];
  if (form === undefined || value.startsWith('-----BEGIN')) return value;
  try {
    return (await readFile(value)).toString(form === 'base64' ? 'base64' : 'utf8');
  } catch (cause) {
    throw new DeisError('invalid', `the file ${value} cannot be read`, setHint(component, name), {
      cause,
    });
  }
}

function setHint(component: string, name: string): string {
  const value = FILE_SETTINGS[`${component}/${name}`] === undefined ? '<value>' : '<file>';
  return `Set it: deisctl config ${component} set ${name}=${value}`;
}
