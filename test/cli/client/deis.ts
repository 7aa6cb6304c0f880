// Runs the `deis` program in a process of its own, as a person would; bundled first, because starts are many.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../..');
const BANNER = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface Circumstances {
  home: string;
  cwd?: string;
  stdin?: string;
  env?: Record<string, string>;
}

export interface Program {
  run: (argv: readonly string[], circumstances: Circumstances) => Promise<Outcome>;
  remove: () => void;
}

export async function deisProgram(): Promise<Program> {
  const directory = mkdtempSync(join(tmpdir(), 'deis-client-'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: { deis: 'src/cli/deis/index.ts' },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    banner: { js: BANNER },
    logLevel: 'error',
  });
  const entry = join(directory, 'deis.mjs');
  return {
    run: (argv, circumstances) => run(entry, argv, circumstances),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

async function run(
  entry: string,
  argv: readonly string[],
  { home, cwd = home, stdin = '', env = {} }: Circumstances,
): Promise<Outcome> {
  const start = `process.exit(await (await import(${JSON.stringify(entry)})).main(process.argv.slice(1)))`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', start, '--', ...argv], {
    cwd,
    // Fixtures lie inside the project: its own repository is not the one a command may find.
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      GIT_CEILING_DIRECTORIES: ROOT,
      NODE_COMPILE_CACHE: join(dirname(entry), 'cache'),
      ...env,
    },
  });
  const outcome = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.stderr += text));
  child.stdin.end(stdin);
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, ...outcome };
}
