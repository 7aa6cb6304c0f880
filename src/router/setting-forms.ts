// How values of settings may look: each form answers the text that stands in nginx's file, or undefined when it must not stand there.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { bytesOf, secondsOf } from '../model/app-routing.ts';
import { isSealed } from './seal-key.ts';
import { parseNetwork, parseWhitelist } from '../model/network.ts';

export type Form = (text: string) => string | undefined;

export const matching =
  (pattern: RegExp): Form =>
  (text) =>
    pattern.test(text) ? text : undefined;

export const size: Form = (text) => (bytesOf(text) === undefined ? undefined : text);
/** Sizes that cannot be 0, such as those of buffers and of zones in memory. */
export const sizeOfMemory =
  (least: number, most: number): Form =>
  (text) => {
    const bytes = bytesOf(text);
    return bytes !== undefined && bytes >= least && bytes <= most ? text : undefined;
  };
export const onOff = matching(/^(?:on|off)$/);
export const trueFalse = matching(/^(?:true|false)$/);
export const count = matching(/^[1-9][0-9]{0,5}$/);
/** Connections of a worker: enough to be told what to do, and not more than its memory holds (half a KiB each). */
export const connections: Form = (text) => {
  const given = Number(count(text));
  return given >= 64 && given <= 200_000 ? text : undefined;
};
export const milliseconds = matching(/^[1-9][0-9]{0,8}$/);
export const mimeTypes = matching(/^[a-z0-9.+-]+\/[a-z0-9.+*-]+(?: [a-z0-9.+-]+\/[a-z0-9.+*-]+)*$/);
export const logLevel = matching(/^(?:debug|info|notice|warn|error|crit|alert|emerg)$/);
export const gzipProxied = matching(
  /^(?:off|expired|no-cache|no-store|private|no_last_modified|no_etag|auth|any)$/,
);
/** Name of an argument of a URL. */
export const argument = matching(/^[A-Za-z][A-Za-z0-9_]{0,60}$/);
export const sessionCache = matching(
  /^(?:off|none|builtin(?::[1-9][0-9]{0,6})?|shared:[A-Za-z]{1,20}:[1-9][0-9]{0,3}[km])$/,
);

/** `10s`, `20m`, `1h`, or a number of seconds; answers seconds. */
export const seconds: Form = (text) => secondsOf(text)?.toString();

/** The stop timeout of the router's unit has to hold it, and the end of what runs. */
export const leaveTime = (text: string): string | undefined => {
  const given = secondsOf(text);
  return given !== undefined && given <= 25 ? String(given) : undefined;
};

export const url: Form = (text) => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  const good = parsed && ['https:', 'http:'].includes(parsed.protocol) && text.length < 1000;
  return good ? parsed.href : undefined;
};

export const network: Form = (text) => (parseNetwork(text) ? text : undefined);
export const whitelist: Form = (text) => ('networks' in parseWhitelist(text) ? text : undefined);

/** A word such as msie6, with or without quotes. */
export const gzipDisable: Form = (text) => {
  const bare = text.replace(/^"(.*)"$/, '$1');
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/.test(bare) ? bare : undefined;
};

/** TLS 1.0 and 1.1, which Deis v1 had in its default, are broken; Debian's OpenSSL refuses them too. */
export const tlsVersions: Form = (text) => {
  const versions = text.split(/\s+/);
  const good = versions.every((version) => version === 'TLSv1.2' || version === 'TLSv1.3');
  return good ? [...new Set(versions)].join(' ') : undefined;
};

/** A list in OpenSSL's words, of which it knows at least one. */
export const ciphers: Form = (text) => {
  if (!/^[A-Za-z0-9+!:@_=-]{1,2000}$/.test(text)) return undefined;
  try {
    createSecureContext({ ciphers: text });
    return text;
  } catch {
    return undefined; // no cipher of that name
  }
};

export const certificate: Form = (text) => {
  try {
    return new X509Certificate(text).subject === undefined ? undefined : text;
  } catch {
    return undefined;
  }
};

/** A key, or one that a router has sealed. */
export const privateKey: Form = (text) => {
  if (isSealed(text)) return text;
  try {
    return createPrivateKey(text).type === 'private' ? text : undefined;
  } catch {
    return undefined;
  }
};

const SMALLEST_PRIME = 2048;

/** PEM of DH parameters (PKCS #3): a sequence of a prime of at least 2048 bits and a generator. */
export const dhParameters: Form = (text) => {
  const match =
    /^-----BEGIN DH PARAMETERS-----([A-Za-z0-9+/=\s]+)-----END DH PARAMETERS-----$/.exec(text);
  const der = Buffer.from(match?.[1] ?? '', 'base64');
  const outer = derElement(der, 0);
  const prime = outer?.tag === 0x30 ? derElement(der, outer.begin) : undefined;
  const generator = prime?.tag === 0x02 ? derElement(der, prime.end) : undefined;
  if (!prime || generator?.tag !== 0x02 || generator.end > der.length) return undefined;
  const bytes = der.subarray(prime.begin, prime.end);
  const leading = bytes.findIndex((byte) => byte !== 0);
  return (bytes.length - leading) * 8 >= SMALLEST_PRIME ? text : undefined;
};

/** ITU-T X.690: tag, length (long form of up to two bytes), content. */
function derElement(
  der: Buffer,
  at: number,
): { tag: number; begin: number; end: number } | undefined {
  const [tag, first] = [der[at], der[at + 1]];
  if (tag === undefined || first === undefined) return undefined;
  const long = first > 0x80 ? first - 0x80 : 0;
  if (first === 0x80 || long > 2) return undefined;
  const length = long === 0 ? first : der.readUIntBE(at + 2, long);
  return { tag, begin: at + 2 + long, end: at + 2 + long + length };
}
