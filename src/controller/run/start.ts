// Starts a one-off container: the live release of an app, on a machine that may run it.

import { randomInt, randomUUID } from 'node:crypto';
import type { RunOrder, RunRequest } from '../../model/run.ts';
import { commitTold } from '../app/history.ts';
import { readBuild, readConfig } from '../app/release.ts';
import { openSettings } from '../app/secret-values.ts';
import { platformSetting } from '../app/settings-of-platform.ts';
import { liveRelease, readApp } from '../app/snapshot.ts';
import { audited } from '../app/trail.ts';
import type { AppCall } from '../call.ts';
import { runProcess } from '../rules/run-command.ts';
import { detail, notFound } from '../wire/errors.ts';
import { type OpenRun, openRun } from './open.ts';

const MOST_NUMBER = 1_000_000;
const LONGEST_SECONDS = 30 * 86_400;
const USUAL_SECONDS = 86_400;

/** `tell` hears what is being waited for. Throws 400 without a build, 503 when no machine may or can run it. */
export async function startRun(
  call: Omit<AppCall, 'body'>,
  request: RunRequest,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<OpenRun> {
  const { services, app } = call;
  const { id } = app.value;
  const snapshot = await readApp(services.registry, id, signal);
  if (!snapshot) throw notFound();
  const live = liveRelease(snapshot);
  const build = await readBuild(services.registry, live, signal);
  if (!build) {
    throw detail(400, 'No build associated with this release to run this command');
  }
  const config = await readConfig(services.registry, live, signal);
  const settings = openSettings(services.vault, config);
  const { command, ...wishes } = request;
  const process = runProcess(command, randomInt(1, MOST_NUMBER), live, build, settings);
  const order: RunOrder = {
    id: randomUUID(),
    process,
    ...wishes,
    timeout: await timeoutOf(services.registry, signal),
  };
  await tellAll(call, command);
  return openRun(services, { order, tags: settings.tags }, tell, signal);
}

async function timeoutOf(
  registry: AppCall['services']['registry'],
  signal: AbortSignal,
): Promise<number> {
  const seconds = Number(await platformSetting(registry, 'controller/runTimeout', signal));
  const sound = Number.isInteger(seconds) && seconds > 0 && seconds <= LONGEST_SECONDS;
  return sound ? seconds : USUAL_SECONDS;
}

/** In the app's log and in its trail, as Deis v1 logged it. */
async function tellAll(call: Omit<AppCall, 'body'>, command: string): Promise<void> {
  const text = `${call.user.value.username} runs '${command.slice(0, 200)}'`;
  const event = audited(call, call.app.value.id, 'run', text);
  if (!(await commitTold(call, text, { conditions: [], writes: [event] }))) throw notFound();
}
