// The logger's settings, below /deis/logs/ as in Deis v1. One bad value keeps its own default and hurts nothing else.
// To add a setting: a row in ROWS, and its field.

import { parseDrainUrl } from '../model/drain.ts';

export interface LogSettings {
  /** URL; empty: no drain. */
  drain: string;
  /** PEM. */
  drainCa: string;
  /** Bytes of one app. */
  keepSize: number;
  /** Milliseconds. */
  keepAge: number;
  /** Bytes of all apps. */
  keepTotal: number;
}

interface Row {
  key: keyof LogSettings;
  fallback: string;
  /** For people: what a right value looks like. */
  expected: string;
  read: (text: string) => string | number | undefined;
}

const UNITS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };
const SECONDS: Record<string, number> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** What the smallest app needs: two files of the smallest size. */
const SMALLEST = 128 * 1024;

function size(text: string): number | undefined {
  const match = /^([0-9]{1,12})([kmgt]?)b?$/i.exec(text);
  const bytes = match ? Number(match[1]) * UNITS[match[2]!.toLowerCase()]! : 0;
  return bytes >= SMALLEST ? bytes : undefined;
}

function age(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,4})([mhdw])$/.exec(text);
  return match ? Number(match[1]) * SECONDS[match[2]!]! * 1000 : undefined;
}

const drain = (text: string): string | undefined =>
  'target' in parseDrainUrl(text) ? text : undefined;
const pem = (text: string): string | undefined =>
  text.startsWith('-----BEGIN CERTIFICATE-----') ? text : undefined;

const ROWS: readonly Row[] = [
  {
    key: 'drain',
    fallback: '',
    expected: 'must be like syslog+tls://logs.example.com:6514',
    read: drain,
  },
  { key: 'drainCa', fallback: '', expected: 'must be PEM certificates', read: pem },
  { key: 'keepSize', fallback: '64m', expected: 'must be a size of 128k or more', read: size },
  { key: 'keepAge', fallback: '30d', expected: 'must be like 12h, 30d or 8w', read: age },
  { key: 'keepTotal', fallback: '2g', expected: 'must be a size of 128k or more', read: size },
];

/** What Deis v1 knew besides. Agents find the logger by its own record, and lines are always kept in files. */
const GONE = ['host', 'port', 'protocol', 'storageAdapterType'];

export const LOG_SETTINGS: readonly string[] = ROWS.map(({ key }) => key);

/** Why a value would be ignored; undefined when it would not. */
export function logSettingProblem(name: string, value: string): string | undefined {
  if (GONE.includes(name)) {
    return 'is no setting any more: agents find the logger by themselves, and lines are kept in files (keepSize, keepAge, keepTotal)';
  }
  const row = ROWS.find(({ key }) => key === name);
  if (!row) return `is no setting of logs; settings: ${LOG_SETTINGS.join(', ')}`;
  if (name === 'drain') {
    const parsed = parseDrainUrl(value);
    return 'problem' in parsed ? parsed.problem : undefined;
  }
  return row.read(value) === undefined ? row.expected : undefined;
}

/** Missing and wrong values stand at their defaults. */
export function readLogSettings(values: Readonly<Record<string, string>>): LogSettings {
  const pairs = ROWS.map(({ key, fallback, read }) => {
    const value = values[key];
    const own = value === undefined ? undefined : read(value);
    return [key, own ?? (fallback === '' ? '' : read(fallback))];
  });
  return Object.fromEntries(pairs) as LogSettings;
}
