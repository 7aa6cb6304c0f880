// Lines on their way from a machine's journal to the logger.

/** A line of an app's container, or of a component's (`app` is then `deis-<component>`, which no app may be called). */
export interface ShippedLine {
  app: string;
  /** `web.1`; a component's instance. */
  process: string;
  /** 0 for components. */
  release: number;
  /** Microseconds since the epoch, by the machine's clock. */
  time: number;
  text: string;
  /** It came from standard error. */
  error?: boolean | undefined;
  /** Another logger has had it, and sent it to the drains: it is only kept. */
  old?: boolean | undefined;
  /** The Engine cuts lines at 16 KB: this is one piece of a longer line, and `text` is base64 (a character may be cut, too). */
  piece?: { id: string; last: boolean } | undefined;
}

/** A place in a machine's journal: the entry that was read last. */
export interface JournalPlace {
  cursor: string;
  /** Microseconds since the epoch, of that entry. */
  time: number;
}

/** Consecutive lines of one machine. `after`: where the batch before it ended; null at the very beginning. */
export interface ShippedBatch {
  /** machine-id and name. */
  machine: string;
  name: string;
  after: string | null;
  place: JournalPlace;
  lines: ShippedLine[];
}

/** How far the logger has come with a machine. What is `kept` survives a crash of the logger, and only that goes to drains. */
export interface ShippingState {
  place: JournalPlace | null;
  kept: JournalPlace | null;
}

/** Fields of a journal entry that a line is made of. */
export const SHIPPED_FIELDS = [
  'MESSAGE',
  'PRIORITY',
  'DEIS_APP',
  'DEIS_PROCESS',
  'DEIS_RELEASE',
  'DEIS_UNIT',
  'CONTAINER_PARTIAL_ID',
  'CONTAINER_PARTIAL_LAST',
] as const;
