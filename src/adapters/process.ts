// Programs of the box, run without a shell. A program that fails becomes one sentence built from facts.
import { execa, type Options } from 'execa';
import { DeisError } from '../model/errors.ts';

export interface RunOptions {
  /** Text for the program's standard input; without it the input is empty. */
  input?: string;
  cwd?: string;
  /** Added to this process's own environment. */
  env?: Record<string, string>;
  /** Exit codes that count as success (default: 0 only). */
  ok?: readonly number[];
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end. Output keeps no trailing newline.
 * Throws DeisError 'unsupported' when the program does not exist, 'refused' when it ends with another code than `ok`;
 * an aborted signal ends the program (SIGTERM, SIGKILL after 5 s) and is thrown as it is.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions,
  signal: AbortSignal,
): Promise<RunResult> {
  signal.throwIfAborted();
  const result = await execa(program, args, {
    reject: false,
    stripFinalNewline: true,
    cancelSignal: signal,
    forceKillAfterDelay: 5000,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  } satisfies Options);
  signal.throwIfAborted();
  if (result.failed && result.code === 'ENOENT') {
    throw new DeisError('unsupported', `The program ${program} is not installed.`, '', {
      cause: result,
    });
  }
  const code = result.exitCode ?? -1;
  if ((options.ok ?? [0]).includes(code)) {
    return { code, stdout: result.stdout, stderr: result.stderr };
  }
  const how = result.signal === undefined ? `exit code ${code}` : result.signal;
  const said = lastLines(result.stderr || result.stdout);
  throw new DeisError('refused', `${program} ${args.slice(0, 6).join(' ')}: ${how}${said}`, '', {
    cause: result,
  });
}

/** True when the program ends with code 0. */
export async function succeeds(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const everyCode = Array.from({ length: 256 }, (_, code) => code);
  return (await run(program, args, { ok: everyCode }, signal)).code === 0;
}

function lastLines(output: string): string {
  const lines = output.trim().split('\n').slice(-3).join(' | ');
  return lines === '' ? '' : `: ${lines}`;
}
