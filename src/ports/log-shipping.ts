// How a machine hands the lines of its journal to the logger.

import type { JournalPlace, ShippedBatch, ShippingState } from '../model/shipped.ts';

/** What the agent reads: the entries of all containers of this machine. */
export interface ContainerJournal {
  /**
   * Entries as `journalctl -o json` writes them, oldest first, as they come, until the signal aborts. From a place: that entry is
   * the first one, if the journal still has it; else the next. From a time (µs since the epoch): the first since then.
   */
  follow(from: JournalPlace | { since: number }, signal: AbortSignal): AsyncIterable<string>;
}

/** The logger at an address (`host:port`). Both throw DeisError('unavailable') when it does not answer. */
export interface LoggerDoor {
  state(address: string, machine: string, signal: AbortSignal): Promise<ShippingState>;
  /** Not accepted when it does not follow what the logger has: the answer then says where to go on. */
  ship(
    address: string,
    batch: ShippedBatch,
    signal: AbortSignal,
  ): Promise<ShippingState & { accepted: boolean }>;
  /** Gives its connection up. */
  close(): void;
}
