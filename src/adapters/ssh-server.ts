// An SSH server that knows keys and commands and nothing else: no password, no shell, no terminal, no forwarding.

import ssh2, { type Connection, type PublicKeyAuthContext, type Session } from 'ssh2';
import { toDeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';
import type { OfferedKey, RunSshServer, SshServerNeeds } from '../ports/ssh.ts';
import { isSignedBy, isSupported } from './ssh-signature.ts';

/** Time to log in, ms. */
const GRACE_MS = 30_000;
const MOST_CONNECTIONS = 500;
const MOST_SESSIONS = 10;
/** A client that does not answer three of these in a row is gone, ms. */
const KEEPALIVE_MS = 15_000;
/** Variables longer than this, or more of them, are ignored. */
const LONGEST_VARIABLE = 200;
const MOST_VARIABLES = 20;

/** A key for a server to show, in OpenSSH's format. One in a hundred that ssh2 makes cannot be read, not even by ssh2: it is made again. */
export function newHostKey(comment = 'deis-builder'): string {
  for (;;) {
    const { private: key } = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
  }
}

export function sshServer(log: Log): RunSshServer {
  return async (needs, accepting, signal) => {
    const open = new Set<Connection>();
    const config = {
      hostKeys: needs.hostKeys,
      ident: 'deis',
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: 3,
      algorithms: { hmac: { remove: ['hmac-sha1', 'hmac-sha1-etm@openssh.com'] } },
    };
    const server = new ssh2.Server(config as ssh2.ServerConfig, (connection, { ip, port }) => {
      const from = { address: ip, port };
      open.add(connection);
      connection.on('close', () => open.delete(connection));
      attend(connection, from, needs, log, signal);
    });
    server.maxConnections = MOST_CONNECTIONS;
    await listening(server, needs.listen);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const stopAccepting = (): void => void server.close(() => resolve());
    const cutOff = (): void => open.forEach((connection) => connection.end());
    if (accepting.aborted) stopAccepting();
    accepting.addEventListener('abort', stopAccepting, { once: true });
    signal.addEventListener('abort', cutOff, { once: true });
    await closed;
    signal.removeEventListener('abort', cutOff);
  };
}

/** Everything about one connection belongs to it alone: who logged in is never kept anywhere else. */
function attend(
  connection: Connection,
  from: { address: string; port: number },
  needs: SshServerNeeds,
  log: Log,
  signal: AbortSignal,
): void {
  const gone = new AbortController();
  const ends = AbortSignal.any([gone.signal, signal]);
  const grace = setTimeout(() => connection.end(), GRACE_MS);
  let who: { user: string; key: OfferedKey } | undefined;
  let sessions = 0;
  // Without it every small packet waits for an acknowledgement (ssh2's types do not know the method).
  (connection as Connection & { setNoDelay(on: boolean): void }).setNoDelay(true);
  // The other side broke off, or speaks something else: `close` follows.
  connection.on('error', (error) => log.debug('connection failed', { error: error.message }));
  connection.on('close', () => {
    clearTimeout(grace);
    gone.abort(new Error('the client went away'));
  });
  connection.on('authentication', (context) => {
    if (context.method !== 'publickey') return context.reject(['publickey']);
    void admit(context, needs, ends).then(
      (admitted) => {
        if (admitted && context.signature) who = admitted;
        if (admitted) context.accept();
        else context.reject(['publickey']);
      },
      (error: unknown) => {
        const { code, message } = toDeisError(error);
        log.warn('login not decided', { code, error: message });
        connection.end();
      },
    );
  });
  connection.on('ready', () => clearTimeout(grace));
  connection.on('session', (accept, reject) => {
    sessions += 1;
    if (!who || sessions > MOST_SESSIONS) return reject();
    const connected = `${from.address} ${from.port} ${needs.listen.host} ${needs.listen.port}`;
    answer(accept(), { ...who, connection: connected, gone: ends }, needs);
  });
}

async function admit(
  context: PublicKeyAuthContext,
  needs: SshServerNeeds,
  signal: AbortSignal,
): Promise<{ user: string; key: OfferedKey } | undefined> {
  const key = { algorithm: context.key.algo, blob: context.key.data };
  const hash = context.hashAlgo;
  if (!isSupported(key, hash)) return undefined;
  if (context.signature) {
    const signature = { bytes: context.signature, signed: context.blob!, hash };
    if (!isSignedBy(key, signature)) return undefined;
  }
  const user = await needs.login(key, signal);
  return user === undefined ? undefined : { user, key };
}

/** One session asks for one command; what else it asks for is refused by ssh2, as nobody listens for it. */
function answer(
  session: Session,
  about: { user: string; key: OfferedKey; connection: string; gone: AbortSignal },
  needs: SshServerNeeds,
): void {
  const environment: Record<string, string> = {};
  session.on('env', (accept, _reject, { key, val }) => {
    const fits = key.length + val.length <= LONGEST_VARIABLE;
    if (fits && Object.keys(environment).length < MOST_VARIABLES) environment[key] = val;
    accept?.();
  });
  session.on('exec', (accept, _reject, { command }) => {
    const channel = accept();
    const closed = new AbortController();
    channel.on('close', () => closed.abort(new Error('the client went away')));
    channel.on('error', () => closed.abort(new Error('the client went away')));
    channel.stderr.on('error', () => undefined); // the channel's own `close` tells
    const gone = AbortSignal.any([about.gone, closed.signal]);
    const streams = { input: channel, output: channel, errors: channel.stderr };
    void needs.serve({ ...about, ...streams, command, environment, gone }).then((status) => {
      if (closed.signal.aborted) return;
      channel.exit(status);
      channel.end();
    });
  });
}

function listening(server: ssh2.Server, at: { host: string; port: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on('error', reject);
  server.listen(at.port, at.host, resolve);
  return promise;
}
