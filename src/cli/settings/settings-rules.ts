// What may be set with `deisctl config`, and how a value is read from the command line; pure.

import { fleetSettingProblem } from '../../fleet/settings.ts';
import { registryValueProblem } from '../../images/settings.ts';
import { garbageSettingProblem } from '../../model/garbage-settings.ts';

export type Assignment = { name: string; value: string };

/** Settings whose value on the command line names a file: kept as its text, or base64 as Deis v1 did. */
export const FILE_SETTINGS: Readonly<Record<string, 'text' | 'base64'>> = {
  'platform/sshPrivateKey': 'base64',
  'router/sslCert': 'text',
  'router/sslKey': 'text',
  'router/sslDhparam': 'text',
  'logs/drainCa': 'text',
  'router/acme/ca': 'text',
};

/** Values may hold `=`: only the first one separates (Deis v1 split at the last). */
export function parseAssignments(
  words: readonly string[],
): { assignments: Assignment[] } | { problem: string; hint: string } {
  const assignments: Assignment[] = [];
  for (const word of words) {
    const split = word.indexOf('=');
    if (split < 1) {
      return { problem: `"${word}" is not name=value`, hint: 'Example: bodySize=10m' };
    }
    const [name, value] = [word.slice(0, split), word.slice(split + 1)];
    if (value === '') {
      return { problem: `${name} has no value`, hint: `To remove a setting: rm ${name}` };
    }
    assignments.push({ name, value });
  }
  return { assignments };
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]*(?:\/[A-Za-z0-9][A-Za-z0-9_.-]*)*$/;

/** What is wrong with a setting's name; `reserved` are the key prefixes of other families below this component. */
export function settingNameProblem(name: string, reserved: readonly string[]): string | undefined {
  if (!NAME.test(name)) return `"${name}" is not a name of a setting`;
  const taken = reserved.some((prefix) => `${name}/`.startsWith(prefix));
  return taken ? `${name} is not a setting: a part of the platform writes it` : undefined;
}

const DOMAIN =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What is wrong with a value that everything else is built on; undefined when nothing is known to be. */
export function settingValueProblem(setting: string, value: string): string | undefined {
  if (setting === 'platform/domain' && !DOMAIN.test(value)) {
    return `"${value}" is not a domain name in lower case, such as apps.example.com`;
  }
  if (setting === 'platform/sshPort' && !(/^[1-9][0-9]{0,4}$/.test(value) && +value < 65_536)) {
    return `"${value}" is not a port, such as 2222`;
  }
  const [component, name = ''] = setting.split('/');
  if (component === 'fleet') return fleetSettingProblem(name, value);
  if (component === 'platform') return garbageSettingProblem(name, value);
  if (component !== 'registry') return undefined;
  const problem = registryValueProblem(name, value);
  return problem === undefined ? undefined : `${name}: ${problem}`;
}
