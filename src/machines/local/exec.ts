// A command inside a local machine, as root: with its output captured, or connected to this terminal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { insideArguments, runInside } from '../../adapters/nspawn.ts';
import type { RunResult } from '../../adapters/process.ts';
import { DeisError } from '../../model/errors.ts';
import { machineInit } from './machine.ts';
import { findMachine, readRecord } from './record.ts';

/** Runs it and returns exit code and output. Throws DeisError 'unavailable' when the machine is off. */
export async function execOnMachine(
  root: string,
  name: string,
  machine: string,
  command: readonly string[],
  signal: AbortSignal,
  options: { input?: string } = {},
): Promise<RunResult> {
  return await runInside(await runningInit(root, name, machine), command, signal, options);
}

/** Runs it with a file of the box as its input. Throws DeisError 'refused' with its last words when it does not end with 0. */
export async function feedMachine(
  root: string,
  name: string,
  machine: string,
  command: readonly string[],
  file: string,
  signal: AbortSignal,
): Promise<string> {
  const init = await runningInit(root, name, machine);
  const input = await open(file);
  try {
    const child = spawn('nsenter', insideArguments(init, command, process.env['TERM']), {
      stdio: [input.fd, 'pipe', 'pipe'],
      signal,
    });
    const [output, complaint, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    if (code === 0) return output;
    const words = (complaint || output).trim().split('\n').slice(-3).join(' ');
    throw new DeisError(
      'refused',
      `${command.join(' ')} on ${machine}: exit code ${code}: ${words}`,
    );
  } finally {
    await input.close();
  }
}

/** Runs it on this process's own terminal, input and output. Returns its exit code (128 + n when signal n ended it, as shells say). */
export async function attachToMachine(
  root: string,
  name: string,
  machine: string,
  command: readonly string[],
): Promise<number> {
  const init = await runningInit(root, name, machine);
  const child = spawn('nsenter', insideArguments(init, command, process.env['TERM']), {
    stdio: 'inherit',
  });
  const [code, ended] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (ended === null ? 0 : constants.signals[ended]);
}

async function runningInit(root: string, name: string, machine: string): Promise<number> {
  const cluster = await readRecord(root, name);
  const found = findMachine(cluster, machine);
  const init = await machineInit(cluster, found);
  if (init !== undefined) return init;
  throw new DeisError(
    'unavailable',
    `${found.name} is off.`,
    `Boot it with: deisctl local boot ${found.name} --name=${name}`,
  );
}
