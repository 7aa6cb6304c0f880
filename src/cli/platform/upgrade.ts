// deisctl upgrade-prep and upgrade-takeover. In Deis v1 they took the platform down but for the routers, and up again as another version;
// here units are replaced one by one while the others serve, so that nothing has to be prepared but the machines.

import type { Machine } from '../../model/cluster.ts';
import { DeisError } from '../../model/errors.ts';
import { VERSION } from '../../model/version.ts';
import { keys } from '../../registry/keys.ts';
import { readMachines } from '../views/read.ts';
import { install } from './install.ts';
import { type Operation, installedUnits } from './operation.ts';
import { rollingRestart } from './rolling-restart.ts';
import { outdated, start } from './start-stop.ts';

/** Throws DeisError 'refused' while a machine is not fit to take part. */
export async function upgradePrep(operation: Operation, signal: AbortSignal): Promise<void> {
  const { registry, output } = operation;
  output.line(`Checking for the upgrade to ${VERSION}...`);
  const [rows, { items }] = await Promise.all([
    readMachines(registry, signal),
    registry.list(keys.machines, [], signal),
  ]);
  const records = new Map(items.map(({ value }) => [value.id, value]));
  const problems: string[] = [];
  for (const { id, name, state } of rows) {
    const deisd = records.get(id)?.versions.deisd ?? 'unknown';
    output.line(`${name}: ${state}, deisd ${deisd}`);
    if (state === 'silent' || state === 'lost') problems.push(`${name} is ${state}`);
    const old = oldDaemon(records.get(id));
    if (old !== undefined) problems.push(old);
  }
  if (problems.length > 0) throw notReady(problems);
  const { names } = await installedUnits(operation, signal);
  const old = await outdated(operation, signal);
  output.line(`${names.length} units installed, ${old.length} of them from other unit files`);
  output.line('Ready: nothing was stopped, and nothing needs to be.');
  output.line('');
  output.line('Please run `deisctl upgrade-takeover` to replace the units one by one.');
}

/** Adds components that are new, replaces every unit in turn, and starts what was not started. */
export async function upgradeTakeover(operation: Operation, signal: AbortSignal): Promise<void> {
  await upgradePrepQuietly(operation, signal);
  await install(operation, ['platform'], {}, signal);
  await rollingRestart(operation, ['platform'], signal);
  await start(operation, ['platform'], signal);
}

async function upgradePrepQuietly(operation: Operation, signal: AbortSignal): Promise<void> {
  await upgradePrep({ ...operation, output: { line: () => undefined } }, signal);
}

function oldDaemon(machine: Machine | undefined): string | undefined {
  if (!machine || machine.versions.deisd === VERSION) return undefined;
  return `deisd on ${machine.name} is ${machine.versions.deisd}, this deisctl is ${VERSION}`;
}

function notReady(problems: readonly string[]): DeisError {
  return new DeisError(
    'refused',
    `the upgrade cannot begin: ${problems.join('; ')}`,
    'Bring deisd of this version to every machine first (local clusters: deisctl local up), and see deisctl machines.',
  );
}
