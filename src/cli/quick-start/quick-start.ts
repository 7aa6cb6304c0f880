// `npm start`: machines → platform → admin → example app, each step only if it is not done yet.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { statePaths } from '../../machines/checkout.ts';
import { type UpOptions, localUp } from '../../machines/local/up.ts';
import { imageCache } from '../../machines/build-target.ts';
import type { Progress } from '../../machines/progress.ts';
import { openCluster } from '../context.ts';
import type { Operation } from '../platform/operation.ts';
import { bringRoles } from '../platform/roles.ts';
import { unitDirectories } from '../platform/unit-source.ts';
import { ensureAccount } from './account.ts';
import { ensureApp, patiently } from './app.ts';
import { ensureExampleImage } from './example-image.ts';
import { ensurePlatform, noteOf, usualNumbers } from './platform.ts';

const APP = 'hello';
const STEP_TIMEOUT_MS = 300_000;

/** Answers what to tell the person at the end. */
export async function quickStart(
  root: string,
  options: UpOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<string[]> {
  const context = await localUp(root, options, progress, signal);
  const folder = statePaths(root).cluster(context.name);
  const { domain, doors, machines } = context;
  const port = doors.http === 80 ? '' : `:${doors.http}`;
  const cluster = await openCluster({ cluster: context.name });
  try {
    const operation: Operation = {
      registry: cluster.registry,
      output: { line: (text) => progress.note(text) },
      timeout: STEP_TIMEOUT_MS,
      unitDirectories: unitDirectories(),
    };
    await bringRoles(cluster, operation.output, signal);
    const image = await platformImage(root);
    const numbers = usualNumbers(machines.length);
    await progress.step('Platform', () =>
      ensurePlatform(
        operation,
        { domain, sshPort: doors.ssh, numbers, image, note: noteOf(folder) },
        signal,
      ),
    );
  } finally {
    cluster.close();
  }
  const url = `http://deis.${domain}${port}`;
  const { api, account, isDefault } = await progress.step('Administrator', () =>
    patiently(60, () => ensureAccount(folder, url, (text) => progress.note(text), signal), signal),
  );
  const first = machines[0]!.name;
  const example = await progress.step('Example image', () =>
    patiently(60, () => ensureExampleImage(root, context.name, first, APP, signal), signal),
  );
  await progress.step(`App ${APP}`, () =>
    patiently(120, () => ensureApp(api, APP, example, { web: 3, worker: 1 }, signal), signal),
  );
  return farewell(`http://${APP}.${domain}${port}/`, url, account.username, folder, isDefault);
}

async function platformImage(root: string): Promise<string> {
  const note = await readFile(join(imageCache(root), 'platform.json'), 'utf8');
  return (JSON.parse(note) as { reference: string }).reference;
}

function farewell(
  app: string,
  controller: string,
  username: string,
  folder: string,
  isDefault: boolean,
): string[] {
  const login = `deis login ${controller} --username=${username}`;
  return [
    '',
    `The example app is served by three machines:  ${app}`,
    '',
    'Try:',
    `  curl ${app}                       (again and again: three containers answer)`,
    '  npx deis ps:list -a hello            npx deis config:set GREETING=Hi -a hello',
    '  npx deis scale web=5 -a hello        npx deis logs -a hello',
    '  npx deisctl list --all               npx deisctl machines',
    '  npx deisctl local kill deis-2        (power loss: the app goes on)',
    '',
    isDefault
      ? `deis is logged in as ${username}; its password is in ${join(folder, 'admin.json')}`
      : `deis is logged in elsewhere. To use this platform: ${login}  (password: ${join(folder, 'admin.json')})`,
    'Stop and remove everything:  npm stop',
  ];
}
