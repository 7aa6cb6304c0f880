// A script that must end well.

import { DeisError } from '../../model/errors.ts';
import type { Host } from '../../ports/host.ts';

/** Its output. Throws DeisError('refused') with the script's last words when it does not end with 0. */
export async function ordered(
  host: Host,
  what: string,
  script: string,
  signal: AbortSignal,
  input?: NodeJS.ReadableStream | Uint8Array,
): Promise<string> {
  const { code, stdout, stderr } = await host.run(script, signal, input);
  if (code === 0) return stdout;
  const words = (stderr || stdout).trim().split('\n').slice(-3).join(' | ');
  throw new DeisError('refused', `${host.name}: ${what}: exit code ${code}: ${words}`);
}
