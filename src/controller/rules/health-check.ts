// The health check that an app asks for with its config values HEALTHCHECK_* (reference §1.11, §1.15).

import type { Build, HealthCheck, LiveCheck } from '../../model/app.ts';
import type { AppJsonCheck } from '../../model/app-json.ts';

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

/**
 * HTTP when HEALTHCHECK_URL is set or app.json names a path, else a TCP connection. Config values win over app.json, whose
 * `startup` is asked until it passes once, `readiness` decides who gets requests, and what fails `liveness` is restarted.
 */
export function healthCheck(
  values: Readonly<Record<string, string>>,
  build: Pick<Build, 'appJson'> = {},
  type = 'web',
): HealthCheck {
  const url = values['HEALTHCHECK_URL'];
  const checks = checksOf(build, type);
  const startup = checks.find((one) => one.type === 'startup');
  const readiness = checks.find((one) => one.type === 'readiness');
  const liveness = checks.find((one) => one.type === 'liveness');
  const first = readiness ?? startup;
  const { command, ...own } = first ? fromAppJson(first) : DEFAULTS;
  const startPath = readiness ? startup?.path : undefined;
  const startCommand = readiness ? startup?.command : undefined;
  return {
    ...own,
    // A path in the app's config wins over a command of app.json.
    ...(command === undefined || url !== undefined ? {} : { command }),
    ...(startup?.initialDelay === undefined ? {} : { initialDelay: startup.initialDelay }),
    ...(startPath === undefined ? {} : { startPath }),
    ...(startCommand === undefined ? {} : { startCommand }),
    ...(liveness ? { live: fromAppJson(liveness) } : {}),
    ...(url === undefined ? {} : { path: url.startsWith('/') ? url : `/${url}` }),
    initialDelay:
      seconds(values['HEALTHCHECK_INITIAL_DELAY'] ?? '') ??
      startup?.initialDelay ??
      own.initialDelay,
    timeout: seconds(values['HEALTHCHECK_TIMEOUT'] ?? '') ?? own.timeout,
  };
}

/** Seconds that some process type of a structure asks to be left alone before its first check: a deployment waits for so long. */
export function longestDelay(
  values: Readonly<Record<string, string>>,
  build: Pick<Build, 'appJson'> | undefined,
  structure: Readonly<Record<string, number>>,
): number {
  const types = Object.keys(structure).filter((type) => structure[type]! > 0);
  return Math.max(0, ...types.map((type) => healthCheck(values, build, type).initialDelay));
}

/** What the builder read; a record of another shape says nothing. */
function checksOf({ appJson }: Pick<Build, 'appJson'>, type: string): AppJsonCheck[] {
  const all = appJson?.['healthchecks'] as Record<string, AppJsonCheck[]> | undefined;
  return all !== undefined && Object.hasOwn(all, type) ? (all[type] ?? []) : [];
}

function fromAppJson({
  path,
  command,
  initialDelay,
  timeout,
  wait,
  attempts,
}: AppJsonCheck): LiveCheck {
  return {
    ...(path === undefined ? {} : { path }),
    ...(command === undefined ? {} : { command }),
    initialDelay: initialDelay ?? DEFAULTS.initialDelay,
    timeout: Math.max(1, timeout ?? DEFAULTS.timeout),
    interval: Math.max(1, wait ?? DEFAULTS.interval),
    failures: Math.max(1, attempts ?? DEFAULTS.failures),
  };
}

function seconds(text: string): number | undefined {
  if (!/^[0-9]+(?:\.[0-9]+)?$/.test(text)) return undefined;
  const value = Number(text);
  return value <= LONGEST_SECONDS ? value : undefined;
}
