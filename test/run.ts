// Runs the checks: `npm test` (all, short forms), `npm test -- --fast` (nothing that needs machines), `npm run proof [NAME]`
// (full figures), `npm run bench [NAME]`. Progress is printed; the last line counts what passed and what failed.

import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bin, type Program, root, runProgram, say, type Tally } from './program.ts';

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

/** Files that start programs of their own, which take their time: they begin first, so that none of them ends alone. */
const STARTS_PROGRAMS = /router-bench|nginx-bench|etcd-cluster|on-etcd|pretend-platform/;

function longestFirst(files: string[]): string[] {
  const isLong = (file: string): boolean =>
    STARTS_PROGRAMS.test(readFileSync(join(root, file), 'utf8'));
  const { long = [], short = [] } = Object.groupBy(files, (file) =>
    isLong(file) ? 'long' : 'short',
  );
  return [...long, ...short];
}

/** One after the other, and beside them one that needs a single core. */
function besides(steps: readonly Program[], single: Program): Step {
  return {
    name: [...steps, single].map(({ name }) => name).join(', '),
    async run() {
      const total: Tally = { passed: 0, failed: 0 };
      const beside = runProgram(single);
      for (const program of steps) add(total, await runProgram(program));
      add(total, await beside);
      return total;
    },
  };
}

/** Static checks and tests without machines. */
function fastSteps(): Step[] {
  const files = longestFirst(
    tests('test/**/*.test.ts').filter((file) => !file.startsWith('test/whole/')),
  );
  return [
    besides(
      [
        { name: 'types', command: bin('tsc'), args: ['--noEmit'] },
        { name: 'lint and floors', command: bin('oxlint'), args: ['--type-aware'] },
      ],
      { name: 'format', command: bin('prettier'), args: ['--check', '--log-level=warn', '.'] },
    ),
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
