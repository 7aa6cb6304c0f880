// How a failure looks to the person who typed the command: what happened, what to do next, and the exit status.

import { Errors } from '@oclif/core';
import { DeisError } from '../model/errors.ts';
import { INTERRUPTED, Interrupted } from './interrupt.ts';

/** `text` goes to stderr (empty: say nothing); `status` is the exit status: 1 failed, 2 wrongly used, 130 interrupted. */
export interface ErrorReport {
  text: string;
  status: number;
}

export function reportError(error: unknown, program: string, debug: boolean): ErrorReport {
  if (isInterruption(error)) return { text: '', status: INTERRUPTED };
  if (error instanceof Errors.ExitError) return { text: '', status: error.oclif.exit ?? 1 };
  if (error instanceof DeisError && error.code !== 'internal') {
    return { text: withStack(sentence(error), error, debug), status: 1 };
  }
  if (error instanceof Errors.CLIError) {
    return { text: withStack(`Error: ${error.message}`, error, debug), status: 2 };
  }
  const text = `Error: internal error: ${error instanceof Error ? error.message : String(error)}`;
  const how = `Run it again with DEBUG=deis in the environment to see where it happened: DEBUG=deis ${program} …`;
  return { text: debug ? withStack(text, error, true) : `${text}\n${how}`, status: 1 };
}

function sentence(error: DeisError): string {
  return error.hint === '' ? `Error: ${error.message}` : `Error: ${error.message}\n${error.hint}`;
}

function isInterruption(error: unknown): boolean {
  if (error instanceof Interrupted) return true;
  return error instanceof Error && error.cause !== undefined && isInterruption(error.cause);
}

function withStack(text: string, error: unknown, debug: boolean): string {
  if (!debug || !(error instanceof Error)) return text;
  const cause = error.cause === undefined ? '' : withStack('\nCaused by:', error.cause, true);
  return `${text}\n${error.stack ?? ''}${cause}`;
}
