// The settings of the router: v1 names and defaults, where still sane. One bad value keeps its own default and hurts nothing else.
// To add a setting: a row here, a line in templates/router/nginx.conf.hbs, an expected text in the test.

/** How a value must look, and how it stands in the file. `read` answers the text for nginx, or undefined when it must not stand there. */
interface Setting {
  /** Key under /deis/router/. */
  key: string;
  /** Name in the template. */
  name: string;
  fallback: string;
  read: (text: string) => string | undefined;
  /** For people: what a right value looks like. */
  expected: string;
}

const matching =
  (pattern: RegExp) =>
  (text: string): string | undefined =>
    pattern.test(text) ? text : undefined;

const size = matching(/^[0-9]{1,12}[kKmMgG]?$/);
const onOff = matching(/^(?:on|off)$/);
const count = matching(/^[1-9][0-9]{0,5}$/);
const mimeTypes = matching(/^[a-z0-9.+-]+\/[a-z0-9.+*-]+(?: [a-z0-9.+-]+\/[a-z0-9.+*-]+)*$/);

/** `10s`, `20m`, `1h`, or a number of seconds; answers seconds. */
function seconds(text: string): string | undefined {
  const match = /^([1-9][0-9]{0,6})(s|m|h)?$/.exec(text);
  if (!match) return undefined;
  const unit = { s: 1, m: 60, h: 3600 }[match[2] ?? 's'] ?? 1;
  return String(Number(match[1]) * unit);
}

const GZIP_TYPES = [
  'application/atom+xml application/javascript application/json application/rss+xml',
  'application/vnd.ms-fontobject application/x-font-ttf application/x-web-app-manifest+json',
  'application/xhtml+xml application/xml font/opentype image/svg+xml image/x-icon',
  'text/css text/plain text/x-component',
].join(' ');
const LOG_LEVELS = /^(?:debug|info|notice|warn|error|crit|alert|emerg)$/;
const FLAGS = /^(?:off|expired|no-cache|no-store|private|no_last_modified|no_etag|auth|any)$/;
const CIDR = /^(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:\/[0-9]{1,2})?$/;

/** v1's connect timeout of controllers was 10 s; ours tries the next one after 1 s. `maxWorkerConnections` was 768. */
export const SETTINGS: readonly Setting[] = [
  row('bodySize', '1m', size, 'a size such as 1m'),
  row('defaultTimeout', '1300', seconds, 'a time such as 1300 or 20m'),
  row('maxWorkerConnections', '10240', count, 'a number'),
  row('workerProcesses', 'auto', matching(/^(?:auto|[1-9][0-9]?)$/), 'auto or a number'),
  row('errorLogLevel', 'error', matching(LOG_LEVELS), 'a log level of nginx'),
  row('serverTokens', 'on', onOff, 'on or off'),
  row('gzip', 'on', onOff, 'on or off'),
  row('gzipCompLevel', '5', matching(/^[1-9]$/), 'a number from 1 to 9'),
  row('gzipDisable', 'msie6', (text) => word(unquoted(text)), 'a word such as msie6'),
  row('gzipHttpVersion', '1.1', matching(/^1\.[01]$/), '1.0 or 1.1'),
  row('gzipMinLength', '256', matching(/^[0-9]{1,9}$/), 'a number of bytes'),
  row('gzipProxied', 'any', matching(FLAGS), 'a word of gzip_proxied'),
  row('gzipTypes', GZIP_TYPES, mimeTypes, 'media types with spaces between them'),
  row('gzipVary', 'on', onOff, 'on or off'),
  row('proxyProtocol', 'false', (text) => text, 'true or false'),
  row('proxyRealIpCidr', '10.0.0.0/8', matching(CIDR), 'an address range such as 10.0.0.0/8'),
  row('controller/timeout/connect', '1s', seconds, 'a time such as 1s'),
  row('controller/timeout/read', '20m', seconds, 'a time such as 20m'),
  row('controller/timeout/send', '20m', seconds, 'a time such as 20m'),
];

function row(key: string, fallback: string, read: Setting['read'], expected: string): Setting {
  const name = key.replace(/\/([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return { key, name, fallback, read, expected };
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, '$1');
}

function word(text: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/.test(text) ? text : undefined;
}

export interface ReadSettings {
  /** Text for the template, by its name there. */
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
      refused[key] = `${JSON.stringify(given.slice(0, 60))} is not ${expected}`;
    }
    values[name] = taken ?? read(fallback) ?? fallback;
  }
  return { values, refused };
}

/** Is this key under /deis/router/ one of the settings (and not a heartbeat or a report of a router)? */
export function isSetting(key: string): boolean {
  return SETTINGS.some((setting) => setting.key === key);
}
