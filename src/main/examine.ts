// `deisd examine`: what this machine finds when it examines itself. The daemon answers the same over its API; by hand it also works
// while the daemon does not.

import { examine } from '../agent/examine/examine.ts';
import type { Examination } from '../model/examination.ts';
import { type MachineConfig, readMachineConfig, readTls, type TlsFiles } from './machine-config.ts';

const UNIT_FOLDER = '/run/deis/units';
const ROUTER_VIEW = '/var/lib/deis/router/view.json';

export function examineMachine(
  machine: MachineConfig,
  tls: TlsFiles,
  targets: readonly string[],
  signal: AbortSignal,
): Promise<Examination> {
  const places = { unitFolder: UNIT_FOLDER, routerView: ROUTER_VIEW };
  return examine({ machine, tls, ...places }, targets, signal);
}

/** As one line of JSON. A broken certificate of the machine is a finding, not a reason to stop. */
export async function printExamination(targets: string[], signal: AbortSignal): Promise<void> {
  const machine = await readMachineConfig();
  const tls = await readTls('deisd').catch(() => ({ ca: '', cert: '', key: '' }));
  const found = await examineMachine(machine, tls, targets, signal);
  const { promise, resolve } = Promise.withResolvers<void>();
  process.stdout.write(`${JSON.stringify(found)}\n`, () => resolve());
  await promise;
}
