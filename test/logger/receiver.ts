// A receiver of syslog messages over UDP, TCP or TLS that keeps what it gets, and can be as sick as a test needs it.

import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { Transport } from '../../src/model/drain.ts';

export interface Message {
  priority: number;
  time: string;
  host: string;
  app: string;
  process: string;
  text: string;
}

export interface Receiver {
  port: number;
  /** As they came. */
  raw: Buffer[];
  messages: Message[];
  /** Connections so far. */
  connections: number;
  /** Takes nothing more from whoever is connected, or goes on. */
  freeze(frozen: boolean): void;
  /** Drops every connection and refuses new ones until `listen`. */
  die(): Promise<void>;
  listen(): Promise<void>;
}

export interface ReceiverOptions {
  transport: Transport;
  framing?: 'octet' | 'newline';
  /** PEM; for TLS. */
  tls?: { cert: string; key: string };
  host?: string;
}

const SHAPE = /^<([0-9]+)>1 (\S+) (\S+) (\S+) (\S+) - - ([\s\S]*)$/;

export async function receive(options: ReceiverOptions): Promise<Receiver> {
  const {
    transport,
    framing = transport === 'tls' ? 'octet' : 'newline',
    host = '127.0.0.1',
  } = options;
  const sockets = new Set<Socket>();
  const receiver: Receiver = {
    port: 0,
    raw: [],
    messages: [],
    connections: 0,
    freeze: (frozen) => {
      for (const socket of sockets)
        if (frozen) socket.pause();
        else socket.resume();
    },
    die: () => Promise.resolve(),
    listen: () => Promise.resolve(),
  };
  const take = (data: Buffer): void => {
    receiver.raw.push(data);
    const match = SHAPE.exec(data.toString('utf8'));
    if (!match) throw new Error(`no syslog message: ${data.toString('utf8').slice(0, 200)}`);
    const [, priority, time = '', from = '', app = '', process = '', text = ''] = match;
    receiver.messages.push({ priority: Number(priority), time, host: from, app, process, text });
  };
  if (transport === 'udp') {
    const socket = createSocket('udp4');
    socket.on('message', take);
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    receiver.port = socket.address().port;
    receiver.die = () => new Promise((resolve) => socket.close(() => resolve()));
    return receiver;
  }
  const onSocket = (socket: Socket): void => {
    receiver.connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      rest = framing === 'newline' ? splitNewlines(rest, take) : splitOctets(rest, take);
    });
  };
  let server: Server;
  receiver.listen = async () => {
    server = transport === 'tls' ? createTls(options.tls ?? {}, onSocket) : createServer(onSocket);
    await new Promise<void>((resolve) => server.listen(receiver.port, host, resolve));
    const address = server.address();
    receiver.port = typeof address === 'object' && address ? address.port : 0;
  };
  receiver.die = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  await receiver.listen();
  return receiver;
}

function splitNewlines(data: Buffer, take: (message: Buffer) => void): Buffer {
  let from = 0;
  for (let at = data.indexOf(10); at !== -1; at = data.indexOf(10, from)) {
    take(data.subarray(from, at));
    from = at + 1;
  }
  return data.subarray(from);
}

function splitOctets(data: Buffer, take: (message: Buffer) => void): Buffer {
  let from = 0;
  for (;;) {
    const space = data.indexOf(32, from);
    if (space === -1) return data.subarray(from);
    const length = Number(data.toString('latin1', from, space));
    if (!Number.isInteger(length)) throw new Error('no octet count');
    if (data.length < space + 1 + length) return data.subarray(from);
    take(data.subarray(space + 1, space + 1 + length));
    from = space + 1 + length;
  }
}
