// An sshd in this process that lets one key in, runs commands of this box, and forwards connections.

import { spawn } from 'node:child_process';
import { type AddressInfo, connect } from 'node:net';
import ssh2, { type Connection, type ParsedKey, type Session } from 'ssh2';
import type { Test } from 'tap';
import { newHostKey } from '../../../src/adapters/ssh-server.ts';

export interface ToySshd {
  port: number;
  /** `type base64` of its host key. */
  hostKey: string;
  /** Users that came in. */
  users: string[];
  /** What was connected to through it. */
  dialled: string[];
  /** Cuts every connection. */
  cut(): void;
}

export interface KeyPair {
  private: string;
  public: string;
}

/** As the adapter makes them: a few of ssh2's own cannot be read. */
export function newKey(): KeyPair {
  const text = newHostKey('test');
  const key = ssh2.utils.parseKey(text) as ParsedKey;
  return { private: text, public: `${key.type} ${key.getPublicSSH().toString('base64')}` };
}

export async function toySshd(t: Test, admitted: KeyPair): Promise<ToySshd> {
  const host = newKey();
  const allowed = ssh2.utils.parseKey(admitted.public) as ParsedKey;
  const open = new Set<Connection>();
  const users: string[] = [];
  const dialled: string[] = [];
  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => {
    open.add(connection);
    connection.on('error', () => undefined);
    connection.on('close', () => open.delete(connection));
    connection.on('authentication', (context) => {
      const fits =
        context.method === 'publickey' && context.key.data.equals(allowed.getPublicSSH());
      if (!fits) return context.reject(['publickey']);
      if (context.signature) users.push(context.username);
      return context.accept();
    });
    connection.on('session', (accept) => serve(accept()));
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      dialled.push(`${destIP}:${destPort}`);
      const far = connect(destPort, destIP);
      far.once('error', () => reject());
      far.once('connect', () => {
        const channel = accept();
        channel.pipe(far).pipe(channel);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => open.forEach((connection) => connection.end());
  t.teardown(() => {
    cut();
    server.close();
  });
  const [type, blob] = host.public.split(' ');
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: `${type} ${blob}`,
    users,
    dialled,
    cut,
  };
}

function serve(session: Session): void {
  session.on('exec', (accept, _reject, { command }) => {
    const channel = accept();
    const child = spawn('/bin/sh', ['-c', command]);
    channel.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.on('close', (code) => {
      channel.exit(code ?? 1);
      channel.end();
    });
  });
}
