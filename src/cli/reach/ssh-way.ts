// Logging in at a machine: with whose name, which keys, and how sure it must be that it is the right one.

import type { Duplex } from 'node:stream';
import { type SshConnection, connectSsh } from '../../adapters/ssh-client.ts';
import { type NamedKey, keyFromFile, usualKeys } from '../../adapters/ssh-keys.ts';
import { ask } from '../client/prompt.ts';
import { type Host, hostChecker } from './host-check.ts';

export interface SshWay {
  user: string;
  /** A private key's file; absent: the agent's and the usual ones. */
  key?: string | undefined;
  knownHosts: string;
  strict: boolean;
  /** ms */
  timeout: number;
}

/** Throws DeisError; see connectSsh and hostChecker. */
export async function logIn(
  way: SshWay,
  host: Host & { user?: string | undefined },
  through: Duplex | undefined,
  signal: AbortSignal,
): Promise<SshConnection> {
  const keys = await keysOf(way, signal);
  const checker = await hostChecker(host, { file: way.knownHosts, strict: way.strict }, signal);
  const agent = process.env['SSH_AUTH_SOCK'] || undefined;
  return await connectSsh(
    { host: host.host, port: host.port, user: host.user ?? way.user, agent, keys },
    {
      hostKeyTypes: checker.types,
      checkHostKey: checker.check,
      timeout: way.timeout,
      ...(through && { through }),
    },
    signal,
  );
}

async function keysOf({ key }: SshWay, signal: AbortSignal): Promise<NamedKey[]> {
  if (key === undefined) return await usualKeys();
  const phrase = (name: string): Promise<string> =>
    ask(`Passphrase for ${name}: `, { secret: true }, signal);
  return [await keyFromFile(key, phrase)];
}
