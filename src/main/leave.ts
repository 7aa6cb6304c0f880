// `deisd leave` and `deisd stay`: what systemd runs before it shuts this machine down, and when that was called off.

import { MachineClient } from '../adapters/machine-client.ts';
import { toDeisError } from '../model/errors.ts';
import { readMachineConfig, readTls } from './machine-config.ts';

const API_PORT = 7600;

/** Never fails: a machine whose daemon does not answer is shut down all the same. */
export async function leave(word: 'leave' | 'stay', signal: AbortSignal): Promise<void> {
  const machine = await readMachineConfig();
  const client = new MachineClient(await readTls('deisd'));
  const api = `${machine.ip}:${API_PORT}`;
  try {
    if (word === 'stay') process.stdout.write(await client.stay(api, signal));
    else for await (const text of client.leave(api, signal)) process.stdout.write(text);
  } catch (error) {
    process.stdout.write(`${toDeisError(error).message}\n`);
  }
}
