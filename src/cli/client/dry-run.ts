// The answer to a call that was only tried: it ends the command, which has nothing more to do.

/** What the controller says a change would do; `text`: lines to be read. */
export interface ForeseenChange {
  text: string[];
}

export class DryRun extends Error {
  readonly foreseen: ForeseenChange;

  constructor(foreseen: ForeseenChange) {
    super('This was only tried.');
    this.foreseen = foreseen;
  }
}

/** Asks for a plan in place of a change; an answer that has it too is one. */
export const DRY_RUN_HEADER = 'x-deis-dry-run';
