// `deisd fleetctl fd-forward <socket>`: what `fleetctl --tunnel` runs on a machine, with the streams of that session.

import { farEnd } from '../fleet/far-end.ts';

/** Resolves to the exit status. */
export async function fleetctl(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { stdin: input, stdout: output, stderr: errors } = process;
  return await farEnd(args, { input, output, errors }, signal);
}
