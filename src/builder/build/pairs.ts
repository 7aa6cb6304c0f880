// ENV and LABEL lines of a Dockerfile from values that stay values. Pure.

import { DeisError } from '../../model/errors.ts';

/** One line, as each line of a Dockerfile takes the Engine some tenths of a second. */
export function pairs(instruction: string, values: Readonly<Record<string, string>>): string {
  const words = Object.entries(values).map(([name, value]) => `${name}=${quoted(name, value)}`);
  return `${instruction} ${words.join(' ')}`;
}

/** A value that stays a value: nothing in it is expanded or ends the line. */
function quoted(name: string, value: string): string {
  if (/[\n\r\0]/.test(value)) {
    throw new DeisError('build-failed', `The value of ${name} has several lines.`);
  }
  return `"${value.replace(/[\\"$]/g, '\\$&')}"`;
}
