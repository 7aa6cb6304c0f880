// The cluster of real machines that all whole-path tests of a run share. A new run starts with new machines, whatever an earlier
// one, killed half way, left behind; it never touches a cluster that a person started. DEIS_TEST_CLUSTER names another one for
// trials by hand: that one is taken as it is, whoever made it, and stays.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import type { RunResult } from '../../src/adapters/process.ts';
import { checkoutRoot } from '../../src/machines/checkout.ts';
import type { ClusterContext } from '../../src/machines/context.ts';
import { localDown } from '../../src/machines/local/down.ts';
import { execOnMachine } from '../../src/machines/local/exec.ts';
import { localBoot, localCut, localHeal, localKill } from '../../src/machines/local/power.ts';
import { clusterPaths } from '../../src/machines/local/record.ts';
import { localUp } from '../../src/machines/local/up.ts';
import { SILENT, type Progress } from '../../src/machines/progress.ts';
import { writeFileSpec } from '../../src/machines/write-file.ts';
import { diagnose } from './diagnosis.ts';

export interface ClusterOptions {
  /** Absent: the one shared by all files of a run. Another name gets machines of its own; take it down in the test. */
  name?: string;
  machines?: number;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Machines are named by name (`t-1`) or number (`1`). */
export interface TestCluster {
  root: string;
  name: string;
  context: ClusterContext;
  signal: AbortSignal;
  /** Runs a program (array) or a shell script (string) on a machine; any exit code is a result. Throws after two minutes. */
  exec(
    machine: string | number,
    command: string | readonly string[],
    input?: string,
  ): Promise<RunResult>;
  /** The same, and throws unless it ends with 0. Returns its output. */
  sh(machine: string | number, command: string | readonly string[]): Promise<string>;
  /** Power loss. */
  kill(machine: string | number): Promise<void>;
  boot(machine: string | number): Promise<void>;
  /** Pulls the network cable, and puts it in again. */
  cut(machine: string | number): Promise<void>;
  heal(machine: string | number): Promise<void>;
  /** GET through the loopback door; `host` is an app's name or a full host name. */
  get(host: string, path?: string, headers?: Record<string, string>): Promise<HttpAnswer>;
  down(): Promise<void>;
}

/** How the progress of `up` and `down` appears among the TAP lines. */
const COMMENTS: Progress = {
  step: async (title, work) => {
    const start = performance.now();
    const result = await work();
    console.log(`# ${title}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
    return result;
  },
  note: (text) => console.log(`# ${text}`),
};

const TRIAL = process.env['DEIS_TEST_CLUSTER'];

/** Name of the cluster that all files of a run share. */
export const SHARED = TRIAL ?? 't';

/** A request through the doors is given up after this long, ms. */
const ANSWER_MS = 30_000;

/** A command on a machine that takes longer hangs, ms. */
const COMMAND_MS = 120_000;

/**
 * Makes the cluster, or takes the one another file of this run made. Every machine is up and whole afterwards. When a test fails, how
 * the cluster was at that moment is printed.
 */
export async function cluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { name = SHARED, machines = 3, signal = AbortSignal.timeout(30 * 60_000) } = options;
  const root = checkoutRoot();
  // Machines take their time: tap would give up after half a minute.
  t.setTimeout(30 * 60_000);
  const isTrial = name === TRIAL;
  if (!isTrial && (await madeByRun(root, name)) !== thisRun()) {
    await localDown(root, name, COMMENTS, signal);
  }
  const shape = isTrial ? { name } : { name, machines };
  const context = await localUp(root, shape, COMMENTS, signal);
  if (!isTrial) await writeFileSpec('', { path: runFile(root, name), content: thisRun() });
  const on = operate(root, name, context, signal);
  t.afterEach(async (test) => {
    if (!test.passing()) await diagnose(on, `"${test.name}" failed`);
  });
  return on;
}

function operate(
  root: string,
  name: string,
  context: ClusterContext,
  signal: AbortSignal,
): TestCluster {
  const exec: TestCluster['exec'] = (machine, command, input) => {
    const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
    const options = input === undefined ? {} : { input };
    return within(COMMAND_MS, `${String(command)} on ${machine}`, signal, (bounded) =>
      execOnMachine(root, name, String(machine), argv, bounded, options),
    );
  };
  return {
    root,
    name,
    context,
    signal,
    exec,
    async sh(machine, command) {
      const { code, stdout, stderr } = await exec(machine, command);
      if (code === 0) return stdout;
      throw new Error(`${String(command)} on ${machine}: exit code ${code}: ${stderr || stdout}`);
    },
    kill: (machine) => localKill(root, name, String(machine), SILENT, signal),
    boot: (machine) => localBoot(root, name, String(machine), SILENT, signal),
    cut: (machine) => localCut(root, name, String(machine), SILENT, signal),
    heal: (machine) => localHeal(root, name, String(machine), SILENT, signal),
    get: (host, path = '/', headers = {}) => httpGet(context, host, path, headers, signal),
    async down() {
      await localDown(root, name, SILENT, signal);
    },
  };
}

/** Does the work with a signal that ends it after `ms`, and says then what it was. */
async function within<T>(
  ms: number,
  what: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(ms);
  try {
    return await work(AbortSignal.any([signal, late]));
  } catch (cause) {
    if (!late.aborted || signal.aborted) throw cause;
    throw new Error(`${what}: not finished after ${ms / 1000} s`, { cause });
  }
}

function httpGet(
  context: ClusterContext,
  host: string,
  path: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const site = host.includes('.') ? host : `${host}.${context.domain}`;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const door = { host: '127.0.0.1', port: context.doors.http };
  const options = { ...door, path, agent: false, signal: bounded };
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, headers: { ...headers, host: site } }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

const runFile = (root: string, name: string) => join(clusterPaths(root, name).folder, 'test-run');

/** Whether something of the shared cluster, noted under `what`, was done in this run already; a cluster for trials has no runs. */
export async function doneInRun(root: string, name: string, what: string): Promise<boolean> {
  return name !== TRIAL && (await noteOf(`${runFile(root, name)}-${what}`)) === thisRun();
}

export async function noteInRun(root: string, name: string, what: string): Promise<void> {
  await writeFileSpec('', { path: `${runFile(root, name)}-${what}`, content: thisRun() });
}

const madeByRun = (root: string, name: string): Promise<string> => noteOf(runFile(root, name));

async function noteOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'nobody';
    throw error;
  }
}

/** The files of a run have one parent process: its id and the time it started (proc(5), field 22). */
function thisRun(): string {
  const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return `${process.ppid}:${fields[19]}`;
}
