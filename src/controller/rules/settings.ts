// An app's settings – values, limits, tags – and what a change makes of them (reference §1.11). Pure: refusals are data.

import { CONFIG_KEY, PROCESS_TYPE } from '../../model/ids.ts';
import { healthCheckProblem } from './health-check.ts';
import { memoryBytes } from './limits.ts';

/** The four maps of a config, values in the clear. */
export interface Settings {
  values: Record<string, string>;
  memory: Record<string, string>;
  cpu: Record<string, number>;
  tags: Record<string, string>;
}

/** Given keys override, null deletes, what is not named stays. */
export interface SettingsChange {
  values?: Record<string, unknown>;
  memory?: Record<string, unknown>;
  cpu?: Record<string, unknown>;
  tags?: Record<string, unknown>;
}

export const NO_SETTINGS: Settings = { values: {}, memory: {}, cpu: {}, tags: {} };

/** Longest `KEY=value` the kernel passes to a program (MAX_ARG_STRLEN, execve(2)). */
const LONGEST_VALUE_BYTES = 131_071;
/** All values together, as JSON: they must fit one record of the store after sealing. */
const LONGEST_VALUES_BYTES = 768 * 1024;

export type Problem = { field: keyof Settings; message: string };
export type Changed = { settings: Settings } | { problem: Problem };

/** The settings after the change, or the first thing that is wrong with it. */
export function changeSettings(before: Settings, change: SettingsChange): Changed {
  const settings: Settings = structuredClone(before);
  for (const field of ['values', 'memory', 'cpu', 'tags'] as const) {
    for (const [key, value] of Object.entries(change[field] ?? {})) {
      const message =
        keyProblem(field, key) ?? (value === null ? undefined : set(settings, field, key, value));
      if (message !== undefined) return { problem: { field, message } };
      if (value === null) delete settings[field][key];
    }
  }
  if (Buffer.byteLength(JSON.stringify(settings.values)) > LONGEST_VALUES_BYTES) {
    const message = `All config values together may have at most ${LONGEST_VALUES_BYTES / 1024} KB`;
    return { problem: { field: 'values', message } };
  }
  return { settings };
}

function keyProblem(field: keyof Settings, key: string): string | undefined {
  switch (field) {
    case 'values':
      return CONFIG_KEY.test(key) && key !== '__proto__'
        ? undefined
        : 'Config keys must start with a letter or underscore and only contain [A-z0-9_]';
    case 'memory':
    case 'cpu':
      // v1 took small letters first only.
      return PROCESS_TYPE.test(key) && /^[a-z]/.test(key)
        ? undefined
        : 'Process types can only contain [a-z]';
    case 'tags':
      return /^[A-Za-z]+$/.test(key) ? undefined : 'Tag keys can only contain [a-z]';
  }
}

/** Sets one value; what is wrong with it, or undefined. */
function set(
  settings: Settings,
  field: keyof Settings,
  key: string,
  value: unknown,
): string | undefined {
  if (typeof value === 'object' || value === undefined)
    return `The value of ${key} must be a text or a number`;
  const text = asText(value);
  switch (field) {
    case 'values':
      settings.values[key] = text;
      return valueProblem(key, text);
    case 'memory':
      settings.memory[key] = text;
      return memoryBytes(text) === undefined
        ? 'Limit format: <number><unit>, where unit = B, K, M or G'
        : undefined;
    case 'cpu':
      settings.cpu[key] = Number(text);
      if (!/^-?[0-9]+$/.test(text)) return 'CPU shares must be an integer';
      return Number(text) < 0 || Number(text) > 1024
        ? 'CPU shares must be between 0 and 1024'
        : undefined;
    case 'tags':
      settings.tags[key] = text;
      return /^\w+$/.test(text) ? undefined : 'Invalid tag value';
  }
}

function valueProblem(key: string, text: string): string | undefined {
  if (text.includes('\0'))
    return `The value of ${key} contains a NUL character, which no environment can hold`;
  if (!text.isWellFormed()) return `The value of ${key} is not valid Unicode`;
  if (Buffer.byteLength(key) + 1 + Buffer.byteLength(text) > LONGEST_VALUE_BYTES) {
    return `The value of ${key} is longer than 128 KB, which no program can be started with`;
  }
  return healthCheckProblem(key, text);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}
