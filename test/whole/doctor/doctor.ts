// Makes a fault for real, waits until the doctor names it, runs the very command it prints, and waits until it is content again.

import { join } from 'node:path';
import { execa } from 'execa';
import type { Test } from 'tap';
import type { Fault } from '../../../src/doctor/finding.ts';
import { boundHere } from '../pace.ts';
import { eventually, type TestPlatform } from '../platform.ts';

export interface Told {
  healthy: boolean;
  findings: {
    fault: Fault;
    subject: string;
    says: string;
    because: string[];
    remedy: { says: string; commands: string[] };
    cause?: number;
  }[];
  notes: string[];
}

export interface RealFault {
  /** In the words of the issue. */
  name: string;
  fault: Fault;
  /** What the finding must be about. */
  subject: RegExp;
  make: (on: TestPlatform) => Promise<unknown>;
  /** Which of the printed commands mend it; absent: the first. */
  mend?: readonly (number | RegExp)[];
  /** What no command of the platform can do: what time servers do, what is pushed. Before the printed commands run. */
  before?: (on: TestPlatform, told: Told['findings'][number]) => Promise<unknown>;
  /** Takes away what the trial brought. */
  after?: (on: TestPlatform) => Promise<unknown>;
}

/** Without a second look it takes 2 s on a free box, with one 6 s. */
const LOOK_SECONDS = 10;
/** Faults that show only when a heartbeat ends, and units that come up again, take their time on a busy box. */
const PATIENCE = 120;

export async function ask(
  on: TestPlatform,
): Promise<{ told: Told; seconds: number; code: number }> {
  const began = performance.now();
  const { stdout, stderr, code } = await on.deisctl('doctor', '--json');
  const seconds = (performance.now() - began) / 1000;
  if (stdout === '') throw new Error(`deisctl doctor: exit code ${code}: ${stderr}`);
  return { told: JSON.parse(stdout) as Told, seconds, code };
}

export async function untilHealthy(on: TestPlatform): Promise<void> {
  let last: string[] = [];
  try {
    await eventually('the doctor is content', PATIENCE, async () => {
      const { told } = await ask(on);
      last = told.findings.map(({ says }) => says);
      return told.healthy;
    });
  } catch (cause) {
    throw new Error(`the doctor is not content: ${last.join('; ')}`, { cause });
  }
}

/** Runs `deisctl …` or `deis …` as it was printed. */
export async function asPrinted(on: TestPlatform, command: string): Promise<void> {
  const home = join(on.root, '.deis', 'clusters', on.name, 'home');
  const path = `${join(on.root, 'bin')}:${process.env['PATH']}`;
  const env = { PATH: path, HOME: home, DEISCTL_CLUSTER: on.name, NO_COLOR: '1' };
  const result = await execa('sh', ['-c', command], {
    env,
    reject: false,
    stdin: 'ignore',
    timeout: 240_000,
  });
  console.log(`# ${command}: ${result.exitCode}`);
  if (result.exitCode !== 0) console.log(`# ${result.stderr || result.stdout}`);
}

export async function tryFault(
  t: Test,
  on: TestPlatform,
  { fault, subject, make, mend = [0], before, after }: RealFault,
): Promise<void> {
  await untilHealthy(on);
  let slowest = 0;
  let others: string[] = [];
  try {
    await make(on);
    const found = await eventually(`the doctor names ${fault}`, PATIENCE, async () => {
      const { told, seconds, code } = await ask(on);
      slowest = Math.max(slowest, seconds);
      const roots = told.findings.filter(({ cause }) => cause === undefined);
      others = roots.map(({ says }) => says);
      const [first] = roots;
      return code === 1 && first?.fault === fault && subject.test(first.subject) && first;
    }).catch((cause: unknown) => {
      throw new Error(`${fault} was not named first: ${others.join('; ') || 'nothing was found'}`, {
        cause,
      });
    });
    console.log(`# ${found.says} (asked within ${slowest.toFixed(1)} s)`);
    if (others.length > 1) console.log(`# also: ${others.slice(1).join('; ')}`);
    const bound = await boundHere(slowest, LOOK_SECONDS);
    t.ok(slowest <= bound, `it answers within ${slowest.toFixed(1)} of ${bound.toFixed(1)} s`);
    await before?.(on, found);
    const commands = mend.map((which) =>
      typeof which === 'number'
        ? found.remedy.commands[which]
        : found.remedy.commands.find((command) => which.test(command)),
    );
    for (const command of commands) {
      t.type(command, 'string', `remedy: ${command}`);
      await asPrinted(on, command!);
    }
  } finally {
    await after?.(on);
  }
  await untilHealthy(on);
}
