// Examines a machine without its deisd: from the box that a local machine stands on, else over SSH, with what the operator's own
// `ssh` knows of keys and hosts.

import { run, type RunResult } from '../../adapters/process.ts';
import { checkoutRoot } from '../../machines/checkout.ts';
import { execOnMachine } from '../../machines/local/exec.ts';
import { DeisError } from '../../model/errors.ts';
import type { Examination } from '../../model/examination.ts';
import type { Sight } from './look-at-machine.ts';

const PROGRAM = '/opt/deis/bin/deisd';
const OPTIONS = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=3'];

export function localHand(cluster: string): Sight['byHand'] {
  return async (machine, _ip, targets, signal) => {
    const words = [PROGRAM, 'examine', ...targets];
    return parsed(await execOnMachine(checkoutRoot(), cluster, machine, words, signal));
  };
}

export const sshHand: Sight['byHand'] = async (_machine, ip, targets, signal) => {
  const words = [...OPTIONS, `root@${ip}`, '--', PROGRAM, 'examine', ...targets];
  return parsed(await run('ssh', words, { ok: [0, 1, 2, 126, 127, 255] }, signal));
};

function parsed({ code, stdout, stderr }: RunResult): Examination {
  if (code === 0) return JSON.parse(stdout) as Examination;
  const said = (stderr || stdout).trim().split('\n').at(-1) ?? '';
  throw new DeisError('unavailable', `deisd examine ended with ${code}: ${said}`);
}
