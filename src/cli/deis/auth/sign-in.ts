// Signing in: what register, login and cancel have in common.

import { Args, Flags } from '@oclif/core';
import { DeisError } from '../../../model/errors.ts';
import type { Controller } from '../../client/controller.ts';
import { controllerUrl } from '../../client/controller-url.ts';
import { ask } from '../../client/prompt.ts';
import {
  type ClientSettings,
  DEFAULT_LIMIT,
  saveSettings,
  settingsPath,
} from '../../client/settings-file.ts';

export const controllerArg = {
  controller: Args.string({
    required: true,
    description: 'Address of the controller: http://deis.example.com.',
  }),
};

export const credentialFlags = {
  username: Flags.string({ description: 'Your name there; asked for when missing.' }),
  password: Flags.string({ description: 'Your password; asked for when missing.' }),
};

export const verifyFlag = {
  'ssl-verify': Flags.string({
    description: 'Check the certificate of an https controller.',
    options: ['true', 'false'],
    default: 'true',
  }),
};

/** Settings of nobody yet at this controller; undefined: not an address. */
export function anonymousAt(address: string, verify: string): ClientSettings | undefined {
  const controller = controllerUrl(address);
  if (controller === undefined) return undefined;
  const ssl_verify = verify === 'true';
  return { username: '', ssl_verify, controller, token: '', response_limit: DEFAULT_LIMIT };
}

/** Gets a token and keeps it in the settings file. */
export async function signIn(
  api: Controller,
  settings: ClientSettings,
  username: string,
  password: string,
  signal: AbortSignal,
): Promise<ClientSettings> {
  const { token } = await api.post<{ token: string }>(
    'auth/login/',
    { username, password },
    signal,
  );
  const own = { ...settings, username, token };
  await saveSettings(settingsPath(), own);
  return own;
}

export async function askName(given: string | undefined, signal: AbortSignal): Promise<string> {
  return given ?? (await ask('username: ', {}, signal));
}

export async function askPassword(
  given: string | undefined,
  signal: AbortSignal,
  question = 'password: ',
): Promise<string> {
  return given ?? (await ask(question, { secret: true }, signal));
}

/** Asked for twice in a terminal: nobody sees what they type there. Throws DeisError 'invalid' when the two differ. */
export async function askNewPassword(
  given: string | undefined,
  signal: AbortSignal,
  { what, otherwise }: { what: string; otherwise: string },
): Promise<string> {
  const password = await askPassword(given, signal, `${what}: `);
  if (given !== undefined || !process.stdin.isTTY) return password;
  const again = await askPassword(undefined, signal, `${what} (confirm): `);
  if (again === password) return password;
  throw new DeisError('invalid', `Password mismatch, ${otherwise}.`);
}
