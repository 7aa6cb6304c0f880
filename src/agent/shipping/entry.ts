// A journal entry as a line for the logger. Whose line it is comes from the labels that the platform gave the container, never from its text.

import { APP_ID, PROCESS, isReservedAppId, parsePlatformUnitName } from '../../model/ids.ts';
import type { JournalPlace, ShippedLine } from '../../model/shipped.ts';

/** Fields of `journalctl -o json`: text, or bytes when it is not printable UTF-8; a field that was given twice is a list. */
type Field = string | number[] | null | undefined | (string | number[])[];

interface Entry {
  __CURSOR: string;
  __REALTIME_TIMESTAMP: string;
  MESSAGE?: Field;
  PRIORITY?: Field;
  DEIS_APP?: Field;
  DEIS_PROCESS?: Field;
  DEIS_RELEASE?: Field;
  DEIS_UNIT?: Field;
  CONTAINER_PARTIAL_ID?: Field;
  CONTAINER_PARTIAL_LAST?: Field;
}

export interface ReadEntry {
  place: JournalPlace;
  /** Absent: it is nobody's output. */
  line?: ShippedLine;
}

/** journald's priority of what a container prints on standard error. */
const STDERR = '3';
/** The logger's own lines stay in the journal: each batch of them would make the next one. */
const OWN = 'logger';

/** `json`: one line of `journalctl -o json`. */
export function readEntry(json: string): ReadEntry {
  const entry = JSON.parse(json) as Entry;
  const time = Number(entry.__REALTIME_TIMESTAMP);
  const place = { cursor: entry.__CURSOR, time };
  const source = sourceOf(entry);
  if (!source) return { place };
  const message = bytesOf(entry.MESSAGE);
  const id = textOf(entry.CONTAINER_PARTIAL_ID);
  const piece =
    id === '' ? undefined : { id, last: textOf(entry.CONTAINER_PARTIAL_LAST) !== 'false' };
  return {
    place,
    line: {
      ...source,
      time,
      text: message.toString(piece ? 'base64' : 'utf8'),
      ...(textOf(entry.PRIORITY) === STDERR && { error: true }),
      ...(piece && { piece }),
    },
  };
}

function sourceOf(entry: Entry): Pick<ShippedLine, 'app' | 'process' | 'release'> | undefined {
  const app = textOf(entry.DEIS_APP);
  if (app !== '') {
    const process = textOf(entry.DEIS_PROCESS);
    const release = Number(textOf(entry.DEIS_RELEASE));
    if (!APP_ID.test(app) || isReservedAppId(app) || !PROCESS.test(process)) return undefined;
    return { app, process, release: Number.isInteger(release) && release > 0 ? release : 0 };
  }
  const unit = parsePlatformUnitName(textOf(entry.DEIS_UNIT));
  if (!unit || unit.component === OWN) return undefined;
  return { app: `deis-${unit.component}`, process: String(unit.instance ?? 1), release: 0 };
}

function textOf(field: Field): string {
  return typeof field === 'string' ? field : '';
}

function bytesOf(field: Field): Buffer {
  if (typeof field === 'string') return Buffer.from(field, 'utf8');
  if (!Array.isArray(field)) return Buffer.alloc(0);
  if (field.every((byte) => typeof byte === 'number')) return Buffer.from(field);
  return Buffer.concat(field.map((part) => bytesOf(part as Field)));
}

/** The same entry, wherever its journal file lies now: sequence numbers change when a file is rewritten. */
export function samePlace(a: string, b: string): boolean {
  if (a === b) return true;
  const parts = (cursor: string): string =>
    cursor
      .split(';')
      .filter((part) => /^[bmtx]=/.test(part))
      .join(';');
  return parts(a) !== '' && parts(a) === parts(b);
}
