// What the controller answered, for a person; pure.

import { API_VERSION } from '../../model/api-version.ts';

/** An error answer as the original printed it: the status line, then `key: value` per field. */
export function errorText(statusLine: string, body: string): string {
  const lines = ['', statusLine];
  const fields = flatFields(body);
  if (fields) lines.push(...fields);
  else if (body.trim() !== '') lines.push(plainText(body));
  return lines.join('\n');
}

function flatFields(body: string): string[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined; // not JSON: shown as it is
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return Object.entries(json).map(([key, value]) => {
    const texts = (Array.isArray(value) ? value : [value]).map((item) =>
      typeof item === 'string' ? item : JSON.stringify(item),
    );
    return `${key}: ${texts.join(' ')}`;
  });
}

/** Pages of a proxy are HTML; a terminal wants their words only. */
function plainText(body: string): string {
  if (!/<[a-z!]/i.test(body)) return body.trim();
  const words = body
    .replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
  return words.trim();
}

/** A warning when the server speaks another API, else undefined. */
export function versionWarning(serverVersion: string | undefined): string | undefined {
  if (serverVersion === API_VERSION) return undefined;
  return [
    ' !    WARNING: Client and server API versions do not match. Please consider upgrading.',
    ` !    Client version: ${API_VERSION}`,
    ` !    Server version: ${serverVersion ?? 'unknown'}`,
  ].join('\n');
}
