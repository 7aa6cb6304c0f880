// An answer of the controller as it comes: one that is large, or has no end.

import * as http from 'node:http';
import * as https from 'node:https';
import { DeisError } from '../../model/errors.ts';
import { VERSION } from '../../model/version.ts';
import { errorText } from './answer.ts';
import { lookup, silent } from './http.ts';
import type { ClientSettings } from './settings-file.ts';

/** A controller that says nothing for so long is gone: it gives a sign of life every 15 s. */
const SILENCE_MS = 45_000;

/** Ends with the answer. Throws DeisError 'refused' with the server's words, 'unavailable' when it is silent. */
export async function* byteStream(
  { controller, token, ssl_verify: rejectUnauthorized }: ClientSettings,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const url = new URL(path, controller);
  const headers = { Authorization: `token ${token}`, 'User-Agent': `Deis Client v${VERSION}` };
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const { get } = url.protocol === 'https:' ? https : http;
  const asked = get(url, { headers, signal, lookup, rejectUnauthorized, agent: false }, resolve);
  asked.setTimeout(SILENCE_MS, () => asked.destroy(new Error('no sign of life')));
  asked.on('error', reject);
  try {
    const answer = await promise;
    const status = answer.statusCode ?? 0;
    if (status !== 200) {
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      throw new DeisError('refused', errorText(`${status} ${answer.statusMessage}`, text));
    }
    yield* answer as AsyncIterable<Uint8Array>;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof DeisError ? error : silent(url, error as Error);
  } finally {
    asked.destroy();
  }
}
