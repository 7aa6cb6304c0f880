// A shell on an existing host over SSH, with root's rights: as root, or by sudo without a password.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import ssh2, {
  type AnyAuthMethod,
  type CipherAlgorithm,
  type Client,
  type ClientChannel,
} from 'ssh2';
import { DeisError } from '../model/errors.ts';
import type { Host, HostResult } from '../ports/host.ts';

export interface SshDoor {
  host: string;
  port: number;
  user: string;
  /** Private keys to offer, in this order: PEM or OpenSSH's format. Keys with a passphrase belong into an agent. */
  keys: readonly { path: string; text: string }[];
  /** Socket of an SSH agent, asked last. */
  agent?: string | undefined;
  /** `SHA256:…` that the host must show; undefined: whatever it shows is taken, and told. */
  hostKey?: string | undefined;
  /** The same, of several keys any of which it may show. */
  hostKeys?: readonly string[];
  /** A connection to its sshd, instead of a new one. */
  through?: Duplex | undefined;
}

export interface OpenedHost extends Host {
  /** What it showed: `SHA256:…`, as ssh-keygen(1) prints it. */
  readonly hostKey: string;
}

const READY_MS = 20_000;
const KEEPALIVE_MS = 10_000;
const FAST: CipherAlgorithm[] = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'];
/** More of a script's output is cut off: nobody here prints so much. */
const MOST_OUTPUT = 4 * 2 ** 20;

/** Throws DeisError 'unavailable' when nobody answers, 'forbidden' when no key is taken or the host shows another key. */
export async function openSshHost(door: SshDoor, signal: AbortSignal): Promise<OpenedHost> {
  signal.throwIfAborted();
  const client = new ssh2.Client();
  const name = `${door.user}@${door.host}`;
  let shown = '';
  const stop = (): void => void client.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.once('ready', () => resolve());
  client.once('close', () => reject(new Error('the connection was closed')));
  client.on('error', reject); // after `ready` whoever waits for a script hears of it by `close`
  client.connect({
    ...(door.through ? { sock: door.through } : { host: door.host, port: door.port }),
    username: door.user,
    readyTimeout: READY_MS,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: 3,
    // The processor helps with AES; what the library prefers by itself is several times slower.
    algorithms: { cipher: { prepend: FAST, append: [], remove: [] } },
    authHandler: methods(door),
    hostVerifier: (key: Buffer) => {
      shown = fingerprint(key);
      const known = [
        ...(door.hostKey === undefined ? [] : [door.hostKey]),
        ...(door.hostKeys ?? []),
      ];
      return known.length === 0 || known.includes(shown);
    },
  });
  try {
    await promise;
  } catch (error) {
    signal.throwIfAborted();
    client.destroy();
    throw refusal(name, door, shown, error);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  // Without it each small packet waits for an acknowledgement (ssh2's types do not know the method).
  (client as Client & { setNoDelay(on: boolean): void }).setNoDelay(true);
  return {
    name,
    hostKey: shown,
    run: (script, given, input) => runScript(client, name, door.user, script, given, input),
    close: () => client.destroy(),
  };
}

function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** ssh2 stops with an error at a key that it cannot read, so only readable ones are offered. */
function methods({ user, keys, agent }: SshDoor): AnyAuthMethod[] {
  const readable = keys.filter(({ text }) => !(ssh2.utils.parseKey(text) instanceof Error));
  return [
    ...readable.map(({ text }) => ({ type: 'publickey' as const, username: user, key: text })),
    ...(agent ? [{ type: 'agent' as const, username: user, agent }] : []),
  ];
}

function refusal(name: string, door: SshDoor, shown: string, error: unknown): DeisError {
  const cause = error instanceof Error ? error : new Error(String(error));
  const known = door.hostKey ?? door.hostKeys?.join(' or ');
  if (known !== undefined && known !== '' && shown !== '' && !known.includes(shown)) {
    return new DeisError(
      'forbidden',
      `${door.host} shows the host key ${shown}; when it joined it was ${known}`,
      'If the host was set up anew, say so with --host-key.',
      { cause },
    );
  }
  if (/authentication/i.test(cause.message)) {
    const tried = door.keys.map(({ path }) => path).join(', ') || 'none';
    return new DeisError(
      'forbidden',
      `${name} takes none of the keys that were offered (${tried}${door.agent ? ', and those of the agent' : ''})`,
      'Put the public key into its authorized_keys, or name another key with --identity.',
      { cause },
    );
  }
  return new DeisError(
    'unavailable',
    `${name} does not answer on port ${door.port}: ${cause.message}`,
    'Can this computer reach it? Try: ssh ' + name,
    { cause },
  );
}

async function runScript(
  client: Client,
  name: string,
  user: string,
  script: string,
  signal: AbortSignal,
  input: NodeJS.ReadableStream | Uint8Array = new Uint8Array(),
): Promise<HostResult> {
  signal.throwIfAborted();
  const { channel, ended } = await opened(client, name, asRoot(user, script), signal);
  const stop = (): void => void channel.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const output = collect(channel);
  const complaints = collect(channel.stderr);
  let code: number | undefined;
  try {
    // A script that ends before it has read everything breaks the pipe: its exit code tells why.
    const source = input instanceof Uint8Array ? Readable.from([input]) : input;
    const sending = pipeline(source, channel, { end: true }).catch(() => undefined);
    [code] = await Promise.all([ended, sending]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  if (code === undefined) {
    throw new DeisError('unavailable', `The connection to ${name} broke off.`, 'Try again.');
  }
  const result = { code, stdout: output(), stderr: complaints() };
  if (code === 1 && user !== 'root' && /^sudo: .*(password|terminal)/m.test(result.stderr)) {
    throw new DeisError(
      'forbidden',
      `${name} may not become root: ${result.stderr.trim()}`,
      'Give the account sudo without a password, or log in as root.',
    );
  }
  return result;
}

/** `sh -c` by whoever has root's rights; the script is one quoted word. */
export function asRoot(user: string, script: string): string {
  const quoted = `'${script.replaceAll("'", `'\\''`)}'`;
  return user === 'root' ? `/bin/sh -c ${quoted}` : `sudo -n -- /bin/sh -c ${quoted}`;
}

interface Running {
  channel: ClientChannel;
  /** Its exit code when it is closed; undefined: the connection broke off. */
  ended: Promise<number | undefined>;
}

/** To be listened to at once: the end of a quick script comes with the word that it has begun. */
async function exitOf(channel: ClientChannel): Promise<number | undefined> {
  let code: number | undefined;
  channel.on('exit', (status: number | null) => (code = status ?? 255));
  await once(channel, 'close');
  return code;
}

async function opened(
  client: Client,
  name: string,
  command: string,
  signal: AbortSignal,
): Promise<Running> {
  const { promise, resolve, reject } = Promise.withResolvers<Running>();
  const gone = (): void => reject(new Error('the connection was closed'));
  client.once('close', gone);
  try {
    client.exec(command, (error, channel) => {
      if (error) reject(error);
      else resolve({ channel, ended: exitOf(channel) });
    });
    return await promise;
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DeisError('unavailable', `${name} does not take commands any more: ${why}.`, '', {
      cause,
    });
  } finally {
    client.removeListener('close', gone);
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    if (size < MOST_OUTPUT) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8').trimEnd();
}
