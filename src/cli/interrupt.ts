// Ctrl-C as a signal: the first asks every waiting part to stop, the second leaves at once.

/** Exit status of a program that was interrupted, as shells spell it (128 + SIGINT). */
export const INTERRUPTED = 130;

/** The reason of the abort. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

let controller: AbortController | undefined;

/** Aborts when the person presses Ctrl-C or the process is told to end. */
export function interruptSignal(): AbortSignal {
  if (controller) return controller.signal;
  controller = new AbortController();
  const stop = (): void => {
    if (controller?.signal.aborted) process.exit(INTERRUPTED);
    controller?.abort(new Interrupted('interrupted'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
