// A line as a syslog message (RFC 5424). Nothing that an app prints can leave the message or change who it is from.

import { createHash } from 'node:crypto';
import type { StoredLine } from '../store/record.ts';

/** user.info and user.err; user.warning for what the logger itself has to say. */
const INFO = 14;
const ERROR = 11;
const WARNING = 12;

/** RFC 5424 §6: longest APP-NAME, PROCID, HOSTNAME. */
const LONGEST = { app: 48, process: 128, host: 255 };

/** One message, without framing. */
export function syslogMessage(app: string, line: StoredLine): Buffer {
  const { time, machine, process, text, error } = line;
  return message(error ? ERROR : INFO, time, machine, app, process, text);
}

/** What the logger tells a drain about the drain itself. `time`: µs since the epoch. */
export function syslogNotice(app: string, time: number, text: string): Buffer {
  return message(WARNING, time, '', app, 'deis-logger', text);
}

function message(
  priority: number,
  time: number,
  host: string,
  app: string,
  process: string,
  text: string,
): Buffer {
  const head = [
    `<${priority}>1`,
    timestamp(time),
    name(host, LONGEST.host),
    name(app, LONGEST.app),
    name(process, LONGEST.process),
    '- -',
  ].join(' ');
  return Buffer.from(`${head} ${escaped(text)}`);
}

/** Microseconds are kept: they put lines in order. */
function timestamp(time: number): string {
  const whole = new Date(Math.floor(time / 1000)).toISOString().slice(0, -1);
  return `${whole}${String(Math.floor(time % 1000)).padStart(3, '0')}Z`;
}

/** A name that is too long keeps its beginning and becomes unmistakable by a digest: two apps never share one. */
function name(text: string, longest: number): string {
  const printable = text.replaceAll(/[^!-~]/g, '');
  if (printable === '') return '-';
  if (printable.length <= longest) return printable;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return `${printable.slice(0, longest - digest.length - 1)}-${digest}`;
}

/** Characters that some receiver takes for the end of a message stand there as `#012`, as rsyslog writes them. */
function escaped(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  return text.replaceAll(/[\0\n\r]/g, (character) => {
    return `#${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
}
