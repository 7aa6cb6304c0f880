// The settings of the router: v1 names and defaults, where still sane. One bad value keeps its own default and hurts nothing else.
// To add a setting: a row here, its line in templates/router/nginx.conf.hbs (or its meaning in policy.ts), its effect in the test.

import * as form from './setting-forms.ts';

export interface Setting {
  /** Key under /deis/router/. */
  key: string;
  /** Name in the template. */
  name: string;
  /** Empty: not set unless somebody sets it. */
  fallback: string;
  read: form.Form;
  /** For people: what a right value looks like. */
  expected: string;
}

const GZIP_TYPES = [
  'application/atom+xml application/javascript application/json application/rss+xml',
  'application/vnd.ms-fontobject application/x-font-ttf application/x-web-app-manifest+json',
  'application/xhtml+xml application/xml font/opentype image/svg+xml image/x-icon',
  'text/css text/plain text/x-component',
].join(' ');
const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const SIZE = 'a size such as 1m';
const TIME = 'a time such as 20m';
const MS = 'a number of milliseconds';
const TRUTH = 'true or false';
const SWITCH = 'on or off';
const LIST = 'addresses or ranges with commas between them';
const [KIB, MIB] = [1024, 1024 * 1024];

/** Other than in v1: connect timeouts are 1 s (10 s), because the next one is tried then; TLS begins at 1.2; 10240 connections (768). */
export const SETTINGS: readonly Setting[] = [
  row('bodySize', '1m', form.size, SIZE),
  row('defaultTimeout', '1300', form.seconds, 'a time such as 1300 or 20m'),
  row('maxWorkerConnections', '10240', form.connections, 'a number from 64 to 200000'),
  row('workerProcesses', 'auto', form.matching(/^(?:auto|[1-9][0-9]?)$/), 'auto or a number'),
  row('errorLogLevel', 'error', form.logLevel, 'a log level of nginx'),
  row('serverTokens', 'on', form.onOff, SWITCH),
  row('serverNameHashMaxSize', '512', form.count, 'a number'),
  row('serverNameHashBucketSize', '64', form.matching(/^(?:32|64|128|256|512)$/), '64, 128, 256'),
  row('gzip', 'on', form.onOff, SWITCH),
  row('gzipCompLevel', '5', form.matching(/^[1-9]$/), 'a number from 1 to 9'),
  row('gzipDisable', 'msie6', form.gzipDisable, 'a word such as msie6'),
  row('gzipHttpVersion', '1.1', form.matching(/^1\.[01]$/), '1.0 or 1.1'),
  row('gzipMinLength', '256', form.matching(/^[0-9]{1,9}$/), 'a number of bytes'),
  row('gzipProxied', 'any', form.gzipProxied, 'a word of gzip_proxied'),
  row('gzipTypes', GZIP_TYPES, form.mimeTypes, 'media types with spaces between them'),
  row('gzipVary', 'on', form.onOff, SWITCH),
  row('proxyProtocol', 'false', form.trueFalse, TRUTH),
  row('proxyRealIpCidr', '10.0.0.0/8', form.network, 'an address range such as 10.0.0.0/8'),
  row('hsts/enabled', 'false', form.trueFalse, TRUTH),
  row('hsts/maxAge', '10886400', form.matching(/^[0-9]{1,10}$/), 'a number of seconds'),
  row('hsts/includeSubDomains', 'false', form.trueFalse, TRUTH),
  row('hsts/preload', 'false', form.trueFalse, TRUTH),
  row('enforceHTTPS', '', form.trueFalse, TRUTH),
  row('enforceWhitelist', 'false', form.trueFalse, TRUTH),
  row('affinityArg', '', form.argument, 'the name of an argument of a URL'),
  row('sslCert', '', form.certificate, 'a certificate in PEM, its chain behind it'),
  row('sslKey', '', form.privateKey, 'a private key in PEM, without a passphrase'),
  row('sslDhparam', '', form.dhParameters, 'DH parameters in PEM, of at least 2048 bits'),
  row('sslProtocols', 'TLSv1.2 TLSv1.3', form.tlsVersions, 'TLSv1.2, TLSv1.3 or both'),
  row('sslCiphers', '', form.ciphers, 'ciphers in the words of OpenSSL'),
  row('sslBufferSize', '4k', form.sizeOfMemory(KIB, MIB), 'a size such as 4k'),
  row('sslSessionCache', '', form.sessionCache, 'a cache such as shared:SSL:10m'),
  row('sslSessionTimeout', '10m', form.seconds, TIME),
  row('sslSessionTickets', 'on', form.onOff, SWITCH),
  row('enableNginxStatus', 'false', form.trueFalse, TRUTH),
  row('trafficStatusZoneSize', '1m', form.sizeOfMemory(64 * KIB, 256 * MIB), SIZE),
  row('controller/timeout/connect', '1s', form.seconds, 'a time such as 1s'),
  row('controller/timeout/read', '20m', form.seconds, TIME),
  row('controller/timeout/send', '20m', form.seconds, TIME),
  row('controller/whitelist', '', form.whitelist, LIST),
  row('builder/timeout/connect', '1000', form.milliseconds, MS),
  row('builder/timeout/tcp', '1200000', form.milliseconds, MS),
  row('leaveTime', '5', form.leaveTime, 'a time from 1s to 25s'),
  row('acme/enabled', 'false', form.trueFalse, TRUTH),
  row('acme/directory', LETS_ENCRYPT, form.url, 'the URL of an ACME directory'),
  row('acme/email', '', form.matching(/^[^\s@]{1,64}@[A-Za-z0-9.-]{1,190}$/), 'an e-mail address'),
  row('acme/ca', '', form.certificate, 'a certificate in PEM'),
  row('acme/dnsHook', '', form.url, 'a URL that is told which DNS records to make'),
  row('acme/dnsWait', '30', form.seconds, 'a time such as 30s'),
];

/** Settings of v1 that are refused, with the reason. */
export const DROPPED: Readonly<Record<string, string>> = {
  'firewall/enabled': 'naxsi, a firewall inside nginx, is not part of this platform',
  'firewall/errorCode': 'naxsi, a firewall inside nginx, is not part of this platform',
};

function row(key: string, fallback: string, read: Setting['read'], expected: string): Setting {
  const name = key.replace(/\/([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return { key, name, fallback, read, expected };
}

export interface ReadSettings {
  /** Text for the template and for policies, by its name there; empty: not set. */
  values: Record<string, string>;
  /** Why a value was not taken, by setting; its default stands instead. */
  refused: Record<string, string>;
}

/** What the values under /deis/router/ mean; keys that are no setting are left out. */
export function readSettings(stored: Record<string, string>): ReadSettings {
  const values: Record<string, string> = {};
  const refused: Record<string, string> = {};
  for (const { key, name, fallback, read, expected } of SETTINGS) {
    const given = stored[key];
    const taken = given === undefined ? undefined : read(given.trim());
    if (given !== undefined && taken === undefined) {
      refused[key] = `${shown(key, given)} is not ${expected}`;
    }
    values[name] = taken ?? read(fallback) ?? fallback;
  }
  return { values, refused };
}

/** A key never stands in a message. */
function shown(key: string, given: string): string {
  return key === 'sslKey' ? 'the value' : JSON.stringify(given.slice(0, 60));
}

/** Is this key under /deis/router/ one of the settings (and not a heartbeat or a report of a router)? */
export function isSetting(key: string): boolean {
  return SETTINGS.some((setting) => setting.key === key);
}
