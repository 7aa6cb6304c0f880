// Opens the streams of a run at a controller, with the same address, token and manners as any other call.

import { type Upgraded, upgrade } from '../../adapters/upgrade.ts';
import { VERSION } from '../../model/version.ts';
import { DeisError } from '../../model/errors.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import { errorText } from './answer.ts';
import { lookup, silent } from './http.ts';
import type { ClientSettings } from './settings-file.ts';

/** Undefined when this controller knows no such streams: an original Deis v1. Throws DeisError 'refused' with its words. */
export async function openRun(
  { controller, token, ssl_verify: verify }: ClientSettings,
  app: string,
  signal: AbortSignal,
): Promise<FrameChannel | undefined> {
  let url = new URL(`/v2/apps/${app}/run`, controller);
  const headers = { Authorization: `token ${token}`, 'User-Agent': `Deis Client v${VERSION}` };
  const options = { headers, lookup, rejectUnauthorized: verify };
  const ask = (): Promise<Upgraded> =>
    upgrade(url, options, signal).catch((error: Error) => {
      signal.throwIfAborted();
      throw silent(url, error);
    });
  let answer = await ask();
  const better = 'refused' in answer && httpsOf(url, answer.refused.response.headers.location);
  if (better) {
    url = better;
    answer = await ask();
  }
  if ('channel' in answer) return answer.channel;
  const { response, text } = answer.refused;
  const status = response.statusCode ?? 0;
  // Ours says which API it speaks and what is missing in JSON; what knows no /v2 answers otherwise.
  const known = (response.headers['content-type'] ?? '').startsWith('application/json');
  if (status === 404 && !known) return undefined;
  const hint = status === 401 ? `Log in again: deis login ${controller}` : '';
  throw new DeisError('refused', errorText(`${status} ${response.statusMessage}`, text), hint);
}

/** Routers may insist on https: the same host only, since the token goes along. */
function httpsOf(url: URL, location: string | undefined): URL | undefined {
  const target = location === undefined ? null : URL.parse(location, url.href);
  const safe = target?.protocol === 'https:' && target.hostname === url.hostname;
  return safe && url.protocol === 'http:' ? target : undefined;
}
