// The health check that an app asks for with its config values HEALTHCHECK_* (reference §1.11, §1.15).

import type { HealthCheck } from '../../model/app.ts';

/** Seconds; withdrawn after two failures in a row (DESIGN §9). */
const DEFAULTS: HealthCheck = { initialDelay: 0, timeout: 1, interval: 2, failures: 2 };
const LONGEST_SECONDS = 600;

/** What is wrong with one of the values that steer the check; undefined for every other key. */
export function healthCheckProblem(key: string, text: string): string | undefined {
  switch (key) {
    case 'HEALTHCHECK_URL':
      return /^[\x21-\x7e]{1,1000}$/.test(text)
        ? undefined
        : 'HEALTHCHECK_URL must be a path such as /health, without spaces';
    case 'HEALTHCHECK_INITIAL_DELAY':
      return seconds(text) === undefined
        ? `${key} must be a number of seconds from 0 to ${LONGEST_SECONDS}`
        : undefined;
    case 'HEALTHCHECK_TIMEOUT':
      return (seconds(text) ?? 0) > 0
        ? undefined
        : `${key} must be a number of seconds above 0, at most ${LONGEST_SECONDS}`;
    default:
      return undefined;
  }
}

/** HTTP when HEALTHCHECK_URL is set, else a TCP connection. */
export function healthCheck(values: Readonly<Record<string, string>>): HealthCheck {
  const url = values['HEALTHCHECK_URL'];
  return {
    ...DEFAULTS,
    ...(url === undefined ? {} : { path: url.startsWith('/') ? url : `/${url}` }),
    initialDelay: seconds(values['HEALTHCHECK_INITIAL_DELAY'] ?? '') ?? DEFAULTS.initialDelay,
    timeout: seconds(values['HEALTHCHECK_TIMEOUT'] ?? '') ?? DEFAULTS.timeout,
  };
}

function seconds(text: string): number | undefined {
  if (!/^[0-9]+(?:\.[0-9]+)?$/.test(text)) return undefined;
  const value = Number(text);
  return value <= LONGEST_SECONDS ? value : undefined;
}
