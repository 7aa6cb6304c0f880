// The first user of a local platform: an admin with a random password that only root can read, logged in with `deis`.

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../../model/missing.ts';
import { Controller } from '../client/controller.ts';
import {
  type ClientSettings,
  DEFAULT_LIMIT,
  deleteSettings,
  readSettings,
  saveSettings,
  settingsPath,
} from '../client/settings-file.ts';

export interface Account extends ClientSettings {
  password: string;
}

export interface LoggedIn {
  account: Account;
  api: Controller;
  /** False: `deis` is logged in elsewhere, and stays so. */
  isDefault: boolean;
}

const accountFile = (folder: string): string => join(folder, 'admin.json');

/** Registers the admin, or logs in the one whose password is kept in `folder`. */
export async function ensureAccount(
  folder: string,
  url: string,
  warn: (text: string) => void,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const known = await readAccount(folder);
  const nobody = { controller: url, token: '', ssl_verify: true, response_limit: DEFAULT_LIMIT };
  const username = known?.username ?? 'admin';
  const password = known?.password ?? randomBytes(18).toString('base64url');
  const keep = (token: string) =>
    writeFile(
      accountFile(folder),
      `${JSON.stringify({ ...nobody, username, password, token })}\n`,
      { mode: 0o600 },
    );
  // Kept before it is used: a run cut off right after registering must know it.
  if (!known) await keep('');
  const anonymous = new Controller(nobody, warn);
  const credentials = { username, password };
  let token: string;
  try {
    ({ token } = await anonymous.post<{ token: string }>('auth/login/', credentials, signal));
  } catch (error) {
    if (known?.token) throw error;
    const email = 'admin@localhost.localdomain';
    await anonymous.post('auth/register/', { ...credentials, email }, signal);
    ({ token } = await anonymous.post<{ token: string }>('auth/login/', credentials, signal));
  }
  await keep(token);
  const account = { ...nobody, username, password, token };
  return { account, api: new Controller(account, warn), isDefault: await logIn(account) };
}

async function logIn({ password: _password, ...settings }: Account): Promise<boolean> {
  const path = settingsPath();
  const current = await readSettings(path);
  if (current && current.controller !== settings.controller) return false;
  await saveSettings(path, settings);
  return true;
}

/** Logs `deis` out if it is logged in as the admin of this cluster; call before the cluster's folder goes. */
export async function forgetAccount(folder: string): Promise<void> {
  const account = await readAccount(folder);
  const path = settingsPath();
  const current = account && (await readSettings(path));
  if (current?.token && current.token === account?.token) await deleteSettings(path);
}

async function readAccount(folder: string): Promise<Account | undefined> {
  try {
    return JSON.parse(await readFile(accountFile(folder), 'utf8')) as Account;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
