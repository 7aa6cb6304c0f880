// What a one-off container runs, and with which limits. Pure.

import type { AppProcess, Build, Release } from '../../model/app.ts';
import type { Settings } from './settings.ts';
import { healthCheck } from './health-check.ts';
import { engineShares, memoryBytes } from './limits.ts';

export const RUN_TYPE = 'run';
/** As `docker stop` has it, s. */
const STOP_TIMEOUT = 10;
/** Deis v1 took bash: its braces and arrays work where the image has one. `$0` is the line. */
const SHELL = 'if command -v bash >/dev/null 2>&1; then exec bash -c "$0"; fi; exec sh -c "$0"';

/** `line` as it was typed. `num` tells apart what runs at the same time. */
export function runProcess(
  line: string,
  num: number,
  release: Release,
  build: Build,
  settings: Settings,
  type: string = RUN_TYPE,
): AppProcess {
  const memory = memoryBytes(limitOf(settings.memory, type) ?? '');
  const cpuShares = engineShares(limitOf(settings.cpu, type) ?? 0);
  return {
    app: release.app,
    release: release.version,
    type,
    num,
    image: build.reference,
    ...started(line, build),
    config: release.config,
    routed: false,
    port: null,
    check: healthCheck({}),
    ...(memory === undefined ? {} : { memory }),
    ...(cpuShares === undefined ? {} : { cpuShares }),
    stopTimeout: STOP_TIMEOUT,
    drainTimeout: 0,
  };
}

/** The image's own entrypoint is left out, as in Deis v1; that of slugs is what unpacks them. */
function started(line: string, build: Build): Pick<AppProcess, 'entrypoint' | 'command'> {
  const isSlug = build.sha !== '' && build.dockerfile === '';
  if (isSlug) return { command: ['bash', '-c', line] };
  return { entrypoint: ['/bin/sh'], command: ['-c', SHELL, line] };
}

/** Own limits (`limits:set run=…`), else those of the app's main process. */
function limitOf<T>(limits: Readonly<Record<string, T>>, own: string): T | undefined {
  for (const type of [own, 'web', 'cmd']) {
    if (Object.hasOwn(limits, type)) return limits[type];
  }
  return undefined;
}
