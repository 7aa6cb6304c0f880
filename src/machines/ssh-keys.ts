// How this computer gets a shell on a host: which account, which keys, which host key it must show.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type OpenedHost, openSshHost } from '../adapters/ssh-host.ts';
import type { Dial } from '../adapters/tcp-reach.ts';
import { DeisError } from '../model/errors.ts';
import type { SshAccess } from '../model/formation.ts';
import type { ClusterContext } from './context.ts';

const USUAL = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** `hostKey` '' takes what the host shows, unless the machine itself has told its keys: `ssh-ed25519 AAAA…`. `dial`: another way there than straight. */
export async function openAccess(
  access: SshAccess,
  context: ClusterContext,
  signal: AbortSignal,
  told: readonly string[] = [],
  dial?: Dial,
): Promise<OpenedHost> {
  const { host, port, user, hostKey, key } = access;
  const own = join(dirname(context.tls.ca), '..', 'ssh', 'id_ed25519');
  const usual = [own, ...USUAL.map((name) => join(homedir(), '.ssh', name))];
  const paths = key === undefined ? usual.filter((path) => existsSync(path)) : [resolve(key)];
  const keys = await Promise.all(paths.map(async (path) => ({ path, text: await readKey(path) })));
  const agent = process.env['SSH_AUTH_SOCK'];
  return await openSshHost(
    {
      host,
      port,
      user,
      keys,
      agent,
      ...(dial && { through: await dial(host, port) }),
      ...(hostKey === '' ? { hostKeys: told.map(fingerprintOf) } : { hostKey }),
    },
    signal,
  );
}

function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DeisError('invalid', `the key ${path} cannot be read`, '', { cause });
  }
}

/** `core@10.0.0.7:2222` → its parts; what is not said is root and 22. */
export function parseHost(word: string): Pick<SshAccess, 'host' | 'port' | 'user'> | undefined {
  const match =
    /^(?:([a-z_][a-z0-9_.-]*)@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?$/.exec(
      word,
    );
  if (!match || Number(match[3] ?? 22) > 65_535) return undefined;
  return { user: match[1] ?? 'root', host: match[2]!, port: Number(match[3] ?? 22) };
}
