// One port that speaks both: mutual TLS for parts of the platform, and plain HTTP for whoever looks from nearby or through a router. So
// what is published for a component is one address, and one health check holds for both.

import type { IncomingMessage, Server } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { type PeerCertificate, TLSSocket, checkServerIdentity } from 'node:tls';
import type { Log } from '../ports/log.ts';
import { clientName, mutualTlsServer, type ServerIdentity } from './mutual-tls-server.ts';

/** PEM texts of whoever asks; spread anew for each connection, so that a new certificate is shown from the next one on. */
export interface AskerTls {
  ca: string;
  cert: string;
  key: string;
}

/** The first byte of a TLS handshake; no HTTP method begins with it. */
const HANDSHAKE = 0x16;
/** Who connects and says nothing is hung up on after this, ms. */
const FIRST_WORD_MS = 30_000;

/** Before it listens. `names`: whose certificates are let in; the same requests then come as over plain HTTP: see `isSecure`. */
export function speakTlsToo(
  plain: Server,
  identity: ServerIdentity,
  names: readonly string[],
  log: Log,
): void {
  const open = new Set<Socket>();
  const busy = new Set<string>();
  const secure = mutualTlsServer(identity, log, (request, response) => {
    const name = clientName(request);
    if (!names.includes(name)) {
      log.warn('refused a certificate', { name, path: request.url ?? '' });
      response.writeHead(403, { 'content-type': 'text/plain' }).end('Not with this certificate.\n');
      return;
    }
    const whose = peerOf(request.socket);
    busy.add(whose);
    response.once('close', () => busy.delete(whose));
    plain.emit('request', request, response);
  });
  // Nobody counts its idle connections: each carries one request.
  secure.maxRequestsPerSocket = 1;
  const speakPlainly = plain.listeners('connection') as ((socket: Socket) => void)[];
  plain.removeAllListeners('connection');
  plain.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    hear(socket, (first) => {
      if (first === HANDSHAKE) return void secure.emit('connection', socket);
      open.delete(socket);
      for (const speak of speakPlainly) speak.call(plain, socket);
    });
  });
  const hangUp = (which: (socket: Socket) => boolean): void => {
    for (const socket of open) if (which(socket)) socket.destroy();
  };
  const closeIdle = plain.closeIdleConnections.bind(plain);
  const closeAll = plain.closeAllConnections.bind(plain);
  plain.closeIdleConnections = () => {
    closeIdle();
    hangUp((socket) => !busy.has(peerOf(socket)));
  };
  plain.closeAllConnections = () => {
    closeAll();
    hangUp(() => true);
  };
}

/** It came over mutual TLS, from somebody who is let in. */
export function isSecure({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket;
}

/** Options of node:https for whoever asks: the other side must be this component, not only somebody of the cluster. */
export function askedWith({ ca, cert, key }: AskerTls, component: string): RequestOptions {
  return { ca, cert, key, checkServerIdentity: mustBe(component) };
}

function mustBe(
  component: string,
): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (host, certificate) => {
    const problem = checkServerIdentity(host, certificate);
    if (problem) return problem;
    const { CN } = certificate.subject;
    return CN === component ? undefined : new Error(`it is ${String(CN)}, not ${component}`);
  };
}

/** Tells the first byte, which whoever reads then reads again. */
function hear(socket: Socket, tell: (first: number | undefined) => void): void {
  const fail = (): void => void socket.destroy();
  socket.once('error', fail);
  socket.setTimeout(FIRST_WORD_MS, fail);
  socket.once('data', (first: Buffer) => {
    socket.off('error', fail);
    socket.setTimeout(0);
    socket.off('timeout', fail);
    socket.pause();
    socket.unshift(first);
    tell(first[0]);
    process.nextTick(() => socket.resume());
  });
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress}|${remotePort}`;
