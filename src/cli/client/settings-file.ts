// Who is logged in where: the settings file of the original client, so that both can share it.

import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DeisError } from '../../model/errors.ts';
import { isMissing } from '../../model/missing.ts';

export interface ClientSettings {
  username: string;
  /** False: certificates of an https controller are not checked. */
  ssl_verify: boolean;
  /** With scheme: `http://deis.paas.localhost`. */
  controller: string;
  token: string;
  /** Lists are cut after so many. */
  response_limit: number;
}

export const DEFAULT_LIMIT = 100;

/** `$HOME/.deis/${DEIS_PROFILE:-client}.json`; a profile that is a path to a file is taken as it is. */
export function settingsPath(env: NodeJS.ProcessEnv = process.env): string {
  const profile = env['DEIS_PROFILE'] || 'client';
  if (profile.includes('/')) return profile;
  return join(env['HOME'] || homedir(), '.deis', `${profile}.json`);
}

/** Throws DeisError 'unauthenticated' when nobody is logged in. */
export async function loadSettings(path: string): Promise<ClientSettings> {
  const found = await readSettings(path);
  if (found) return found;
  throw new DeisError(
    'unauthenticated',
    "Not logged in. Use 'deis login' or 'deis register' to get started.",
  );
}

/** Undefined when there is no such file. Throws DeisError 'invalid' naming it when it cannot be read. */
export async function readSettings(path: string): Promise<ClientSettings | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new DeisError('invalid', `${path} cannot be read`, '', { cause });
  }
  return parse(path, text);
}

function parse(path: string, text: string): ClientSettings {
  try {
    const json = JSON.parse(text) as Partial<ClientSettings>;
    const limit = Number(json.response_limit);
    return {
      username: String(json.username ?? ''),
      ssl_verify: json.ssl_verify === true,
      controller: String(json.controller ?? ''),
      token: String(json.token ?? ''),
      response_limit: limit > 0 ? limit : DEFAULT_LIMIT,
    };
  } catch (cause) {
    const hint = 'Log in again: deis login <controller>';
    throw new DeisError('invalid', `${path} is not a settings file`, hint, { cause });
  }
}

/** The file appears whole, readable by its owner only. */
export async function saveSettings(path: string, settings: ClientSettings): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const staged = `${path}.${process.pid}.new`;
  await writeFile(staged, JSON.stringify(settings), { mode: 0o600 });
  await chmod(staged, 0o600);
  await rename(staged, path);
}

export async function deleteSettings(path: string): Promise<void> {
  await rm(path, { force: true });
}
