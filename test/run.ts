// Runs the checks: `npm test` (all, short forms), `npm test -- --fast` (nothing that needs machines), `npm run proof [NAME]`
// (full figures), `npm run bench [NAME]`. Progress is printed; the last line counts what passed and what failed.

import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const root = dirname(import.meta.dirname);
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** Test files that need no machines wait more than they work: three at a time. */
const CROWD = 3;

/** Seconds a test file without machines may take, on a busy box too. */
const FILE_LIMIT = 240;

/** The same with machines; `npm run proof` watches for as long as it takes. */
const WHOLE_LIMIT = 480;
const PROOF_LIMIT = 1200;

/** So many files with machines get one more run in `npm test`: a disk that stalls for a minute happens, and is told. */
const WHOLE_SECOND_CHANCES = 1;

/** Files that failed in a crowd get one more run alone, if they are few: their bounds on time are those of a box that is not busy. */
const SECOND_CHANCES = 5;

interface Tally {
  passed: number;
  failed: number;
}

interface Program {
  name: string;
  command: string;
  args: string[];
  /** `all`: every line as it comes; `failures`: what failed, and the end of it; `nothing`: it will be run again. */
  show?: 'all' | 'failures' | 'nothing';
  /** Seconds until it is killed and has failed. */
  limit?: number;
}

const started = performance.now();
const clockTime = (): string => {
  const seconds = Math.round((performance.now() - started) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
};
const say = (text: string): void => console.log(`[${clockTime()}] ${text}`);

/** Counts TAP assertions of any depth; a program that ends badly counts as at least one failure. */
async function runProgram(program: Program): Promise<Tally> {
  const { name, command, args, show = 'failures', limit } = program;
  const tally: Tally = { passed: 0, failed: 0 };
  const seen: string[] = [];
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
      // tap gives each test half a minute unless told otherwise.
      ...(limit !== undefined && { TAP_TIMEOUT: String(limit) }),
    },
  });
  const exit = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (status) => resolve(status ?? 1));
  });
  // Whoever it left behind may hold its output open.
  void exit.then(() => setTimeout(() => child.stdout.destroy(), 5000).unref());
  const timer = limit
    ? setTimeout(() => {
        seen.push(`# killed: not finished after ${limit} s`);
        child.kill('SIGKILL');
      }, limit * 1000)
    : undefined;
  child.stderr.on('data', (chunk: Buffer) => {
    seen.push(chunk.toString().trimEnd());
    if (show === 'all') process.stderr.write(chunk);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line);
    if (/^\s*ok \d+/.test(line)) tally.passed += 1;
    const failed = /^\s*not ok \d+/.test(line);
    if (failed) tally.failed += 1;
    if (show === 'all' ? failed || /^\s*(# |ok )/.test(line) : failed && show === 'failures') {
      console.log(line);
    }
  }
  const code = await exit;
  clearTimeout(timer);
  if (code !== 0 && tally.failed === 0) tally.failed = 1;
  if (code === 0 && tally.passed === 0) tally.passed = 1;
  if (code !== 0 && show !== 'nothing') tellFailure(name, code, seen);
  return tally;
}

function tellFailure(name: string, code: number, seen: readonly string[]): void {
  const log = join(root, '.tap', `${name.replaceAll(/[^\w.-]+/g, '-')}.log`);
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, seen.join('\n'));
  console.log(seen.slice(-60).join('\n'));
  say(`FAILED ${name} (exit code ${code}); all of it: ${log}`);
}

/** Many test files, a few at a time; those that failed once more, alone. */
async function runCrowd(files: string[]): Promise<Tally> {
  const total: Tally = { passed: 0, failed: 0 };
  const failed: string[] = [];
  const seconds = new Map<string, number>();
  const waiting = [...files];
  const began = performance.now();
  const runner = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const start = performance.now();
      const tally = await runProgram({ ...testFile(file), show: 'nothing' });
      seconds.set(file, (performance.now() - start) / 1000);
      total.passed += tally.passed;
      if (tally.failed > 0) failed.push(file);
      const done = seconds.size;
      if (done % 25 === 0) say(`  ${done} of ${files.length}`);
    }
  };
  await Promise.all(Array.from({ length: CROWD }, runner));
  say(`  ${files.length} files in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  const slowest = [...seconds].toSorted(([, a], [, b]) => b - a).slice(0, 8);
  say(`  slowest: ${slowest.map(([file, time]) => `${file} ${time.toFixed(0)} s`).join(', ')}`);
  const alone = failed.length <= SECOND_CHANCES ? 'again, alone' : 'again';
  for (const file of failed) {
    say(`${file} ${alone}`);
    add(total, await runProgram({ ...testFile(file), name: `${file} ${alone}` }));
  }
  if (failed.length > SECOND_CHANCES) {
    say(`FAILED: ${failed.length} files failed at first, more than a busy box explains`);
    total.failed += 1;
  }
  return total;
}

const testFile = (file: string): Program => ({
  name: file,
  command: process.execPath,
  args: [file],
  limit: FILE_LIMIT,
});

function add(total: Tally, tally: Tally): void {
  total.passed += tally.passed;
  total.failed += tally.failed;
}

interface Step {
  name: string;
  run(): Promise<Tally>;
}

async function runAll(steps: Step[]): Promise<never> {
  const total: Tally = { passed: 0, failed: 0 };
  for (const step of steps) {
    say(step.name);
    add(total, await step.run());
  }
  say('done');
  console.log(`checks: ${total.passed} passed, ${total.failed} failed`);
  process.exit(total.failed === 0 ? 0 : 1);
}

const step = (program: Program): Step => ({
  name: program.name,
  run: () => runProgram(program),
});

const tests = (pattern: string): string[] => globSync(pattern, { cwd: root }).toSorted();

/** Static checks and tests without machines. */
function fastSteps(): Step[] {
  const files = tests('test/**/*.test.ts').filter((file) => !file.startsWith('test/whole/'));
  return [
    step({ name: 'types', command: bin('tsc'), args: ['--noEmit'] }),
    step({ name: 'lint and floors', command: bin('oxlint'), args: ['--type-aware'] }),
    step({ name: 'format', command: bin('prettier'), args: ['--check', '--log-level=warn', '.'] }),
    { name: `${files.length} test files without machines`, run: () => runCrowd(files) },
  ];
}

/** One after the other on one cluster of real machines; its end is a step of its own. */
function wholeSteps(folder: string, filter: string | undefined, limit: number): Step[] {
  const files = tests(`${folder}/*.test.ts`).filter(
    (file) => !filter || basename(file).includes(filter),
  );
  let chances = mode === 'proof' ? 0 : WHOLE_SECOND_CHANCES;
  const whole = files.map((file): Step => {
    const args = [join(root, file)];
    const program: Program = { name: file, command: process.execPath, args, show: 'all', limit };
    return {
      name: file,
      async run() {
        const tally = await runProgram(program);
        if (tally.failed === 0 || chances === 0) return tally;
        chances -= 1;
        say(`UNSTEADY ${file}: once more; its first failures are above`);
        return runProgram({ ...program, name: `${file} again` });
      },
    };
  });
  const down = join(root, 'test/whole/teardown.ts');
  if (existsSync(down)) {
    whole.push(step({ name: 'test cluster down', command: process.execPath, args: [down] }));
  }
  return whole;
}

const [mode = 'test', ...args] = process.argv.slice(2);
const filter = args.find((arg) => !arg.startsWith('-'));
switch (mode) {
  case 'test':
    await runAll(
      args.includes('--fast')
        ? fastSteps()
        : [...fastSteps(), ...wholeSteps('test/whole', filter, WHOLE_LIMIT)],
    );
    break;
  case 'whole':
    await runAll(wholeSteps('test/whole', filter, WHOLE_LIMIT));
    break;
  case 'proof':
    process.env['DEIS_TEST_GRACE'] = '1';
    await runAll(wholeSteps('test/whole/proof', filter, PROOF_LIMIT));
    break;
  case 'bench': {
    const bench = join(root, 'test/bench/bench.ts');
    const child = spawn(process.execPath, [bench, ...args], { stdio: 'inherit' });
    child.once('exit', (code) => process.exit(code ?? 1));
    break;
  }
  default:
    console.error(`unknown mode "${mode}": test, whole, proof or bench`);
    process.exit(2);
}
