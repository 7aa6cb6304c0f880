// A connection to a machine's sshd: commands, terminals and forwarded connections, with our keys only.

import type { Duplex } from 'node:stream';
import ssh2, {
  type AnyAuthMethod,
  type ClientChannel,
  type NextAuthHandler,
  type ParsedKey,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import { DeisError } from '../model/errors.ts';
import { sshFailure } from './ssh-failure.ts';

/** What a server shows of itself. */
export interface HostKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  type: string;
  /** Base64 of the public key, as known_hosts and .pub files have it. */
  blob: string;
}

export interface SshLogin {
  host: string;
  port: number;
  user: string;
  /** Path of the agent's socket. */
  agent?: string | undefined;
  /** Private keys, tried in this order before the agent's. */
  keys: readonly { name: string; key: ParsedKey }[];
}

export interface SshOptions {
  /** Types of host key that we know the server by: it is asked for these first. */
  hostKeyTypes: readonly string[];
  /** Throws what the person is to read when this is not the machine that was meant. */
  checkHostKey: (key: HostKey) => Promise<void>;
  /** From the first byte until we are let in, ms; the check of the host key does not count. */
  timeout: number;
  /** A connection to the server through something else. */
  through?: Duplex;
}

export interface Terminal {
  term: string;
  columns: number;
  rows: number;
}

/** Algorithms by type of key, best first; SHA-1 signatures are not among them. */
const SIGNATURES: Record<string, ServerHostKeyAlgorithm[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};
const KEEPALIVE_MS = 10_000;

/** Throws DeisError 'unavailable', 'timeout', 'forbidden' (no key fits), or what `checkHostKey` threw. */
export async function connectSsh(
  login: SshLogin,
  options: SshOptions,
  signal: AbortSignal,
): Promise<SshConnection> {
  signal.throwIfAborted();
  const client = new ssh2.Client();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let refusal: unknown;
  const late = new Timer(options.timeout, () => {
    refusal = new DeisError(
      'timeout',
      `sshd of ${login.host}:${login.port} has not let us in within ${options.timeout / 1000} s`,
      'Is the address right, and is port 22 open from here? More time: --ssh-timeout=30.',
    );
    client.destroy();
  });
  const abort = (): void => {
    refusal = signal.reason;
    client.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  client.on('ready', resolve);
  client.on('error', (error) => reject(refusal ?? sshFailure(error, login)));
  client.on('close', () => reject(refusal ?? sshFailure(new Error('it hung up'), login)));
  const hostVerifier = (blob: Buffer, verify: (trusted: boolean) => void): void => {
    late.stop();
    options.checkHostKey(hostKey(blob)).then(
      () => {
        late.start();
        verify(true);
      },
      (error: unknown) => {
        refusal = error;
        verify(false);
      },
    );
  };
  client.connect({
    ...(options.through ? { sock: options.through } : { host: login.host, port: login.port }),
    username: login.user,
    authHandler: offering(login),
    hostVerifier,
    algorithms: { serverHostKey: hostKeyOrder(options.hostKeyTypes) },
    readyTimeout: 0,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: 3,
  });
  try {
    await promise;
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    late.stop();
    signal.removeEventListener('abort', abort);
  }
  // Without it every small packet waits for an acknowledgement.
  client.setNoDelay(true);
  return new SshConnection(client, login.host);
}

export interface RemoteCommand {
  /** Carries input and standard output; `.stderr` the rest. With a terminal there is one stream only. */
  channel: ClientChannel;
  /** Its exit status: see exitStatus. */
  ended: Promise<number>;
}

export class SshConnection {
  readonly host: string;
  readonly #client: ssh2.Client;

  constructor(client: ssh2.Client, host: string) {
    this.#client = client;
    this.host = host;
    // Whoever reads from the connection sees it end.
    client.on('error', () => undefined);
  }

  /** A connection from the machine to this address. Throws DeisError 'unavailable'. */
  dial(host: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      this.#client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
        if (error) return reject(this.#dialFailure(host, port, error));
        // It may break off before whoever asked for it listens.
        channel.on('error', () => undefined);
        resolve(channel);
      });
    });
  }

  #dialFailure(host: string, port: number, error: Error): DeisError {
    const forbidden = /prohibited/i.test(error.message);
    const hint = forbidden
      ? `sshd of ${this.host} must allow it: AllowTcpForwarding yes in its sshd_config.`
      : '';
    const message = `${host}:${port} cannot be reached through ${this.host}: ${error.message}`;
    return new DeisError('unavailable', message, hint, { cause: error });
  }

  /** Without a command: the user's shell. Throws DeisError 'unavailable'. */
  start(command: string | undefined, terminal: Terminal | undefined): Promise<RemoteCommand> {
    const pty = terminal && { term: terminal.term, cols: terminal.columns, rows: terminal.rows };
    return new Promise((resolve, reject) => {
      const done = (error: Error | undefined, channel: ClientChannel): void => {
        if (error) reject(new DeisError('unavailable', `${this.host}: ${error.message}`));
        // Listened to at once: a quick command's end comes with the same packet as its beginning.
        else resolve({ channel, ended: exitStatus(channel) });
      };
      if (command === undefined) this.#client.shell(pty ?? false, done);
      else this.#client.exec(command, pty ? { pty } : {}, done);
    });
  }

  /** Runs a command to its end; its output whole. */
  async capture(command: string): Promise<{ code: number; stdout: Buffer; stderr: string }> {
    const { channel, ended } = await this.start(command, undefined);
    const stdout: Buffer[] = [];
    let stderr = '';
    channel.on('data', (chunk: Buffer) => stdout.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    channel.end();
    const code = await ended;
    return { code, stdout: Buffer.concat(stdout), stderr: stderr.trim() };
  }

  close(): void {
    this.#client.destroy();
  }
}

/** 255 when the connection broke off, as ssh(1) has it; 128 + n for the usual signals. */
function exitStatus(channel: ClientChannel): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let status = 255;
  channel.on('exit', (code: number | null, name?: string) => {
    status = code ?? SIGNALS[name ?? ''] ?? 255;
  });
  channel.on('close', () => resolve(status));
  return promise;
}

const SIGNALS: Record<string, number> = { HUP: 129, INT: 130, KILL: 137, PIPE: 141, TERM: 143 };

function hostKey(blob: Buffer): HostKey {
  const length = blob.readUInt32BE(0);
  return { type: blob.toString('latin1', 4, 4 + length), blob: blob.toString('base64') };
}

function hostKeyOrder(known: readonly string[]): ServerHostKeyAlgorithm[] {
  const types = [
    ...new Set([...known.filter((type) => type in SIGNATURES), ...Object.keys(SIGNATURES)]),
  ];
  return types.flatMap((type) => SIGNATURES[type] ?? []);
}

/** One key after the other, then the agent's. */
function offering({ user, keys, agent }: SshLogin): ssh2.AuthHandlerMiddleware {
  const offers: AnyAuthMethod[] = [
    ...keys.map(({ key }) => ({ type: 'publickey' as const, username: user, key })),
    ...(agent === undefined ? [] : [{ type: 'agent' as const, username: user, agent }]),
  ];
  return (_left, _partial, next: NextAuthHandler) => {
    // `false` ends it; the type of the library does not know.
    next(offers.shift() ?? (false as unknown as AnyAuthMethod));
  };
}

class Timer {
  readonly #ms: number;
  readonly #run: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, run: () => void) {
    this.#ms = ms;
    this.#run = run;
    this.start();
  }

  start(): void {
    this.#timer = setTimeout(this.#run, this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
