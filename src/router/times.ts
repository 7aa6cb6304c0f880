// How long a router waits for what; all in ms.

export interface Times {
  /** For the store, before the doors open with what is on disk. */
  storeMs: number;
  /** Every answer says `Connection: close` for this long before the end. */
  closingMs: number;
  /** Running requests may take so long when the router leaves; less than the stop timeout of its unit (90 s) minus the closing time. */
  patienceMs: number;
}

export const DEFAULT_TIMES: Times = { storeMs: 5000, closingMs: 5000, patienceMs: 60_000 };
