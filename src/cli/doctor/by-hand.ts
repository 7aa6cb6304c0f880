// Examines a machine without its deisd: from the box that a local machine stands on, else by a login over SSH.

import { checkoutRoot } from '../../machines/checkout.ts';
import { execOnMachine } from '../../machines/local/exec.ts';
import { DeisError } from '../../model/errors.ts';
import type { Examination } from '../../model/examination.ts';
import type { Cluster } from '../context.ts';
import type { Sight } from './look-at-machine.ts';

const PROGRAM = '/opt/deis/bin/deisd';

export function localHand(cluster: string): Sight['byHand'] {
  return async ({ name }, targets, signal) => {
    const words = [PROGRAM, 'examine', ...targets];
    const { code, stdout, stderr } = await execOnMachine(
      checkoutRoot(),
      cluster,
      name,
      words,
      signal,
    );
    return parsed(code, stdout, stderr);
  };
}

/** As root, or as a user who may become root without a password. */
export function sshHand(cluster: Pick<Cluster, 'ssh'>): Sight['byHand'] {
  return async ({ ip, id = '', hostKeys }, targets, signal) => {
    const late = Promise.withResolvers<never>();
    const stop = (): void => late.reject(new Error('no answer over SSH'));
    signal.addEventListener('abort', stop, { once: true });
    const program = [PROGRAM, 'examine', ...targets].join(' ');
    const line = `if [ "$(id -u)" = 0 ]; then ${program}; else sudo -n ${program}; fi`;
    const ask = async (): Promise<Examination> => {
      const login = await cluster.ssh({ ip, id, ...(hostKeys && { hostKeys }) }, signal);
      const { code, stdout, stderr } = await login.capture(line);
      return parsed(code, stdout.toString('utf8'), stderr);
    };
    try {
      return await Promise.race([ask(), late.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
}

function parsed(code: number, stdout: string, stderr: string): Examination {
  if (code === 0) return JSON.parse(stdout) as Examination;
  const said = (stderr || stdout).trim().split('\n').at(-1) ?? '';
  throw new DeisError('unavailable', `deisd examine ended with ${code}: ${said}`);
}
