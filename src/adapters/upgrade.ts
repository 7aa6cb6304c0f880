// Asks a server to turn an HTTP request into a stream of frames.

import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions as TlsOptions } from 'node:https';
import type { Socket } from 'node:net';
import { RUN_PROTOCOL } from '../model/run.ts';
import type { FrameChannel } from '../ports/frame-channel.ts';
import { FrameStream } from './frame-stream.ts';

/** Until the server has agreed, ms. */
const AGREE_MS = 15_000;

export type UpgradeOptions = Omit<RequestOptions & TlsOptions, 'headers'> & {
  headers?: Record<string, string>;
};

export type Upgraded =
  { channel: FrameChannel } | { refused: { response: IncomingMessage; text: string } };

/** An answer that is no upgrade is a refusal, as data. Rejects with the connection's own error when there is no answer. */
export function upgrade(url: URL, options: UpgradeOptions, signal: AbortSignal): Promise<Upgraded> {
  const { promise, resolve, reject } = Promise.withResolvers<Upgraded>();
  const { headers: own = {}, ...rest } = options;
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const asked = request(url, {
    ...rest,
    method: 'POST',
    headers: { ...own, Connection: 'Upgrade', Upgrade: RUN_PROTOCOL, 'Content-Length': '0' },
    agent: false,
  });
  const giveUp = (): void => void asked.destroy(asError(signal.reason));
  const timer = setTimeout(
    () => asked.destroy(new Error(`no answer within ${AGREE_MS / 1000} s`)),
    AGREE_MS,
  );
  const settled = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  asked.on('upgrade', (_response, socket, head) => {
    settled();
    (socket as Socket).setNoDelay?.(true);
    resolve({ channel: new FrameStream(socket, { head }) });
  });
  asked.on('response', (response) => {
    readAll(response).then((text) => {
      settled();
      resolve({ refused: { response, text } });
    }, reject);
  });
  asked.on('error', (error) => {
    settled();
    reject(error);
  });
  asked.end();
  return promise;
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
