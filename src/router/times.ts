// How long a router waits for what; all in ms.

export interface Times {
  /** For the store, before the doors open with what is on disk. */
  storeMs: number;
  /** Every answer says `Connection: close` for this long before the end; undefined: as the setting `leaveTime` says. */
  closingMs: number | undefined;
  /** Running requests may take so long when the router leaves; less than the stop timeout of its unit (90 s) minus the closing time. */
  patienceMs: number;
}

export const DEFAULT_TIMES: Times = { storeMs: 5000, closingMs: undefined, patienceMs: 60_000 };
