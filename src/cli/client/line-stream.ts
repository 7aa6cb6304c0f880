// Lines of the controller as they come: an answer that has no end.

import { linesOf } from '../../adapters/json-lines.ts';
import { byteStream } from './byte-stream.ts';
import type { ClientSettings } from './settings-file.ts';

/** Ends with the answer. Throws DeisError 'refused' with the server's words, 'unavailable' when it is silent. */
export function lineStream(
  settings: ClientSettings,
  path: string,
  signal: AbortSignal,
): AsyncIterable<string> {
  return linesOf(byteStream(settings, path, signal));
}
