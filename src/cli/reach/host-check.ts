// Is this the machine that was meant? Asked of known_hosts, then of the cluster, then of the person.

import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostKey } from '../../adapters/ssh-client.ts';
import { DeisError } from '../../model/errors.ts';
import { isMissing } from '../../model/missing.ts';
import { ask } from '../client/prompt.ts';
import { hostName, knownHostsLine, knownKeys } from './known-hosts.ts';

export interface HostCheck {
  /** Path of known_hosts. */
  file: string;
  /** False: any key will do, as `--strict-host-key-checking=false` says. */
  strict: boolean;
}

export interface Host {
  host: string;
  port: number;
  /** Public keys (`type base64`) that a machine told the cluster about: what the store says is as good as a line in the file. */
  vouched?: readonly string[];
}

export interface Checker {
  /** Types of key we know it by. */
  types: string[];
  check: (key: HostKey) => Promise<void>;
}

export async function hostChecker(
  { host, port, vouched = [] }: Host,
  { file, strict }: HostCheck,
  signal: AbortSignal,
): Promise<Checker> {
  if (!strict) return { types: [], check: () => Promise.resolve() };
  const known = knownKeys(await textOf(file), host, port);
  const told = vouched
    .map((line) => line.split(' '))
    .map(([type = '', blob = '']) => ({ type, blob }));
  const types = [...known, ...told].map(({ type }) => type);
  const check = async (key: HostKey): Promise<void> => {
    const same = known.filter(({ blob }) => blob === key.blob);
    if (same.some(({ revoked }) => revoked)) throw revokedKey(host, key, file);
    if (same.length > 0) return;
    const other = known.find(({ revoked, type }) => !revoked && type === key.type) ?? known[0];
    if (other) throw changedKey(hostName(host, port), key, file, other.line);
    if (told.some(({ blob }) => blob === key.blob)) return;
    await trust(host, port, key, file, signal);
  };
  return { types, check };
}

/** `SHA256:…`, as ssh-keygen -l prints it. */
export function fingerprint({ blob }: HostKey): string {
  const hash = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}

async function trust(
  host: string,
  port: number,
  key: HostKey,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const name = hostName(host, port);
  if (!process.stdin.isTTY) throw unknownKey(name, host, port, key, file);
  process.stderr.write(
    `The authenticity of host '${name}' can't be established.\n${key.type} key fingerprint is ${fingerprint(key)}.\n`,
  );
  const answer = await ask('Are you sure you want to continue connecting (yes/no)? ', {}, signal);
  if (!/^y(es)?$/i.test(answer.trim())) throw unknownKey(name, host, port, key, file);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, knownHostsLine(host, port, key.type, key.blob), { mode: 0o600 });
}

function unknownKey(
  name: string,
  host: string,
  port: number,
  key: HostKey,
  file: string,
): DeisError {
  const scan = `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${host} >> ${file}`;
  return new DeisError(
    'forbidden',
    `the host key of ${name} is not known: ${key.type} ${fingerprint(key)}, no line in ${file}`,
    `Compare the fingerprint with the machine's, then: ${scan}. To go without any check: --strict-host-key-checking=false`,
  );
}

function changedKey(name: string, key: HostKey, file: string, line: number): DeisError {
  return new DeisError(
    'forbidden',
    `the host key of ${name} is not the one in ${file}, line ${line}: it shows ${key.type} ${fingerprint(key)}. Somebody may be listening in`,
    `If the machine was made anew, forget the old key: ssh-keygen -R '${name}' -f ${file}`,
  );
}

function revokedKey(host: string, key: HostKey, file: string): DeisError {
  return new DeisError(
    'forbidden',
    `the host key of ${host} is revoked: ${fingerprint(key)} in ${file}`,
    'Give the machine a new host key, and remove the old one from the file.',
  );
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return '';
    throw new DeisError('invalid', `${file} cannot be read`, '', { cause });
  }
}
