// The platform on the shared machines, as people use it: through the two programs. Made by the first file that asks.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { loadSettings } from '../../src/cli/client/settings-file.ts';
import { ensureExampleImage } from '../../src/cli/quick-start/example-image.ts';
import { usualNumbers } from '../../src/cli/quick-start/platform.ts';
import {
  cluster,
  type ClusterOptions,
  doneInRun,
  type HttpAnswer,
  noteInRun,
  type TestCluster,
} from './cluster.ts';
import { diagnose } from './diagnosis.ts';

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface TestPlatform extends TestCluster {
  /** Runs bin/deisctl.js for this cluster; any exit code is a result. */
  deisctl(...args: string[]): Promise<Output>;
  /** The same, and throws unless it ends with 0. */
  mustDeisctl(...args: string[]): Promise<string>;
  deis(...args: string[]): Promise<Output>;
  mustDeis(...args: string[]): Promise<string>;
  /** GET from the API as the admin, without the time that the client takes to start. */
  api(path: string): Promise<HttpAnswer>;
  /** Image of examples/hello in the platform's registry. */
  hello: { reference: string; procfile: Record<string, string> };
}

export interface UnitRow {
  unit: string;
  machine: string;
  ip: string;
  load: string;
  active: string;
  sub: string;
}

const ADMIN = { username: 'admin', password: 'a long password for tests' };

/** A command that takes longer hangs: it is ended, and the test says which one it was. Longer than any of them may wait by itself. */
const COMMAND_MS = 240_000;
/** What `deisctl` waits by itself before it says which unit is missing and why, s. */
const WAIT = '--timeout=180';

let asked: Promise<TestPlatform> | undefined;

/** Router, controller and registry on every machine, an admin logged in, the example image pushed. One for each test file. */
export function platform(options: ClusterOptions = {}): Promise<TestPlatform> {
  return (asked ??= bringPlatform(options));
}

async function bringPlatform(options: ClusterOptions): Promise<TestPlatform> {
  const machines = await cluster(options);
  try {
    return await platformOn(machines);
  } catch (error) {
    await diagnose(machines, `the platform did not start: ${String(error)}`);
    throw error;
  }
}

async function platformOn(machines: TestCluster): Promise<TestPlatform> {
  const home = join(machines.root, '.deis', 'clusters', machines.name, 'home');
  mkdirSync(home, { recursive: true });
  const run = async (program: string, args: string[]): Promise<Output> => {
    const result = await execa(
      process.execPath,
      [join(machines.root, 'bin', `${program}.js`), ...args],
      {
        reject: false,
        stdin: 'ignore',
        env: { DEISCTL_CLUSTER: machines.name, HOME: home, NO_COLOR: '1' },
        cancelSignal: machines.signal,
        timeout: COMMAND_MS,
        forceKillAfterDelay: 5000,
      },
    );
    const late = result.timedOut ? `\nnot finished after ${COMMAND_MS / 1000} s` : '';
    return {
      code: result.exitCode ?? -1,
      stdout: result.stdout,
      stderr: `${result.stderr}${late}`,
    };
  };
  const must = async (program: string, args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(program, args);
    if (code === 0) return stdout;
    const words = [program, ...args.slice(0, 6), ...(args.length > 6 ? ['…'] : [])];
    throw new Error(`${words.join(' ')}: exit code ${code}: ${stderr || stdout}`);
  };
  const mustDeisctl = (...args: string[]) => must('deisctl', args);
  const mustDeis = (...args: string[]) => must('deis', args);
  const { root, name, context, signal } = machines;
  const numbers = usualNumbers(context.machines.length);
  const image = () => ensureExampleImage(root, name, context.machines[0]!.name, 'hello', signal);
  const login = async (): Promise<void> => {
    const url = `http://deis.${context.domain}:${context.doors.http}`;
    const account = ['--username', ADMIN.username, '--password', ADMIN.password];
    const { code } = await run('deis', ['auth:login', url, ...account]);
    if (code === 0) return;
    await mustDeis('auth:register', url, ...account, '--email', 'admin@example.com');
  };
  if (!(await doneInRun(root, name, 'platform'))) {
    await mustDeisctl('config', 'platform', 'set', `domain=${context.domain}`);
    await mustDeisctl('install', 'platform', WAIT);
    await mustDeisctl('start', 'platform', WAIT);
    await Promise.all([mustDeisctl('scale', ...numbers, WAIT), login(), image()]);
    await noteInRun(root, name, 'platform');
  } else {
    // The file before may have stopped some of it, changed the numbers, logged out.
    await mustDeisctl('start', 'platform', WAIT);
    await mustDeisctl('scale', ...numbers, WAIT);
    await login();
  }
  const hello = await image();
  return {
    ...machines,
    deisctl: (...args) => run('deisctl', args),
    mustDeisctl,
    deis: (...args) => run('deis', args),
    mustDeis,
    async api(path) {
      const { token } = await loadSettings(join(home, '.deis', 'client.json'));
      return machines.get('deis', path, { authorization: `token ${token}` });
    },
    hello,
  };
}

/** Creates an app from the example image and scales it; leaves an app of that name that exists already as it is. */
export async function deployHello(
  on: TestPlatform,
  app: string,
  structure: Record<string, number>,
): Promise<void> {
  const known = await on.deis('apps:info', '-a', app);
  if (known.code !== 0) {
    await on.mustDeis('apps:create', app, '--no-remote');
    const procfile = Object.entries(on.hello.procfile).map(([type, line]) => `${type}: ${line}`);
    await on.mustDeis('builds:create', on.hello.reference, '-a', app, '-p', procfile.join('\n'));
  }
  const counts = Object.entries(structure).map(([type, count]) => `${type}=${count}`);
  await on.mustDeis('ps:scale', ...counts, '-a', app);
}

/** Units of an app that run, from `deisctl list --all --json`. */
export async function appUnits(on: TestPlatform, app: string): Promise<UnitRow[]> {
  const rows = JSON.parse(await on.mustDeisctl('list', '--all', '--json')) as UnitRow[];
  return rows.filter((row) => row.unit.startsWith(`${app}_v`));
}

/** Container ids and start times of everything the platform runs, per machine: what must not change. */
export async function containers(on: TestPlatform): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const format = '{{.Name}} {{.Id}} {{.State.StartedAt}}';
  for (const { name } of on.context.machines) {
    const script = `ids=$(docker ps -q --filter label=deis.managed); [ -z "$ids" ] || docker inspect -f '${format}' $ids`;
    found[name] = (await on.sh(name, script)).split('\n').filter(Boolean).toSorted();
  }
  return found;
}

/** Asks again until `check` returns something truthy; throws the last reason after `seconds`, also while an answer is still awaited. */
export async function eventually<T>(
  what: string,
  seconds: number,
  check: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  let last: unknown = 'it was not so';
  for (;;) {
    try {
      const value = await answerBefore(end, check());
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = performance.now() > end && last instanceof Error ? last : error;
    }
    if (performance.now() > end) {
      const reason = last instanceof Error ? last.message : String(last);
      throw new Error(`${what}: not within ${seconds} s (${reason})`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function answerBefore<T>(end: number, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const ms = Math.max(0, end - performance.now());
  const timer = setTimeout(() => late.reject(new Error('the last question is not answered')), ms);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
