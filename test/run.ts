// Runs the checks: `npm test` (all, short forms), `npm test -- --fast` (nothing that needs machines), `npm run proof [NAME]`
// (full figures), `npm run bench [NAME]`. Progress is printed; the last line counts what passed and what failed.

import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const root = dirname(import.meta.dirname);
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** Files that failed in a crowd get one more run alone: their bounds on time are those of a box that is not busy. */
const FAILED_FILE = /^not ok \d+ - (test\/\S+\.test\.ts)/;

interface Tally {
  passed: number;
  failed: number;
}

interface Program {
  name: string;
  command: string;
  args: string[];
  /** Show every line, or only what failed. */
  verbose?: boolean;
  /** Many test files at once. */
  crowd?: boolean;
}

const started = performance.now();
const clockTime = (): string => {
  const seconds = Math.round((performance.now() - started) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
};

/** Counts TAP assertions of any depth; a program that ends badly counts as at least one failure. */
async function runProgram(program: Program): Promise<Tally> {
  const { name, command, args, verbose = false, crowd = false } = program;
  console.log(`[${clockTime()}] ${name}`);
  const tally: Tally = { passed: 0, failed: 0 };
  const seen: string[] = [];
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line);
    if (/^\s*ok \d+/.test(line)) tally.passed += 1;
    if (/^\s*not ok \d+/.test(line)) {
      tally.failed += 1;
      console.log(line);
    } else if (verbose && /^\s*(# |ok )/.test(line)) console.log(line);
  }
  const code = await new Promise<number>((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.once('exit', (status) => resolve(status ?? 1));
  });
  const again = crowd ? seen.flatMap((line) => FAILED_FILE.exec(line)?.[1] ?? []) : [];
  if (code !== 0 && again.length > 0 && again.length <= 5) {
    return { passed: tally.passed, failed: await failuresAlone(again) };
  }
  if (code !== 0 && tally.failed === 0) tally.failed = 1;
  if (code === 0 && tally.passed === 0) tally.passed = 1;
  if (code !== 0) {
    const log = join(root, '.tap', `${name.replaceAll(/[^\w.-]+/g, '-')}.log`);
    mkdirSync(dirname(log), { recursive: true });
    writeFileSync(log, seen.join('\n'));
    console.log(seen.slice(-60).join('\n'));
    console.log(`[${clockTime()}] FAILED ${name} (exit code ${code}); all of it: ${log}`);
  }
  return tally;
}

async function failuresAlone(files: string[]): Promise<number> {
  let failed = 0;
  for (const file of files) {
    const alone = { name: `${file} again, alone`, command: process.execPath, args: [file] };
    failed += (await runProgram(alone)).failed;
  }
  return failed;
}

async function runAll(programs: Program[]): Promise<never> {
  const total: Tally = { passed: 0, failed: 0 };
  for (const program of programs) {
    const tally = await runProgram(program);
    total.passed += tally.passed;
    total.failed += tally.failed;
  }
  console.log(`[${clockTime()}] done`);
  console.log(`checks: ${total.passed} passed, ${total.failed} failed`);
  process.exit(total.failed === 0 ? 0 : 1);
}

const tests = (pattern: string): string[] => globSync(pattern, { cwd: root }).toSorted();

/** Static checks and tests without machines, a few seconds each. */
function fastPrograms(): Program[] {
  const files = tests('test/**/*.test.ts').filter((file) => !file.startsWith('test/whole/'));
  return [
    { name: 'types', command: bin('tsc'), args: ['--noEmit'] },
    { name: 'lint and floors', command: bin('oxlint'), args: ['--type-aware'] },
    { name: 'format', command: bin('prettier'), args: ['--check', '--log-level=warn', '.'] },
    {
      name: `${files.length} test files without machines`,
      command: bin('tap'),
      args: ['run', '--reporter=tap', '--jobs=2', ...files],
      crowd: true,
    },
  ];
}

/** One after the other on one cluster of real machines; its end is a step of its own. */
function wholePrograms(folder: string, filter: string | undefined): Program[] {
  const files = tests(`${folder}/*.test.ts`).filter(
    (file) => !filter || basename(file).includes(filter),
  );
  const whole: Program[] = files.map((file) => ({
    name: file,
    command: process.execPath,
    args: [join(root, file)],
    verbose: true,
  }));
  const down = join(root, 'test/whole/teardown.ts');
  if (existsSync(down)) {
    whole.push({ name: 'test cluster down', command: process.execPath, args: [down] });
  }
  return whole;
}

const [mode = 'test', ...args] = process.argv.slice(2);
const filter = args.find((arg) => !arg.startsWith('-'));
switch (mode) {
  case 'test':
    await runAll(
      args.includes('--fast')
        ? fastPrograms()
        : [...fastPrograms(), ...wholePrograms('test/whole', filter)],
    );
    break;
  case 'whole':
    await runAll(wholePrograms('test/whole', filter));
    break;
  case 'proof':
    await runAll(wholePrograms('test/whole/proof', filter));
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
