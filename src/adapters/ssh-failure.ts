// What ssh2 and the network say when a login fails, in words for people.

import { DeisError } from '../model/errors.ts';
import type { SshLogin } from './ssh-client.ts';

const NETWORK: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ENOTFOUND: 'nobody knows that name',
  EAI_AGAIN: 'the name server does not answer',
  ECONNRESET: 'it hung up',
  ETIMEDOUT: 'it does not answer',
};

export function sshFailure(
  error: Error & { level?: string; code?: string },
  login: SshLogin,
): DeisError {
  if (error.level === 'client-authentication' || /authentication failures/i.test(error.message)) {
    return refusedLogin(error, login);
  }
  const why = NETWORK[error.code ?? ''] ?? error.message;
  const message = `sshd of ${login.host}:${login.port} cannot be reached: ${why}`;
  return new DeisError('unavailable', message, 'Is the machine up, and port 22 open from here?', {
    cause: error,
  });
}

function refusedLogin(error: Error, { host, user, keys, agent }: SshLogin): DeisError {
  const tried = [...keys.map(({ name }) => name), ...(agent ? [`the agent’s (${agent})`] : [])];
  const what = tried.length === 0 ? 'there is no key to show' : `no key fits: ${tried.join(', ')}`;
  return new DeisError(
    'forbidden',
    `${host} does not let ${user} in: ${what}`,
    'Bring the key: ssh-add <key>, or --ssh-key=<file>. Another user: --tunnel=<user>@<host>, or --ssh-user=<user>.',
    { cause: error },
  );
}
