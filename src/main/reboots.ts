// How this machine is rebooted without anybody noticing; and `deisd reboot`, for the system's own updates.

import { storeMembers } from '../adapters/etcd-membership.ts';
import { MachineClient } from '../adapters/machine-client.ts';
import { run } from '../adapters/process.ts';
import { Reboots, type RebootsOptions } from '../agent/reboot/reboots.ts';
import { DeisError } from '../model/errors.ts';
import type { MachineFacts } from '../ports/machine-facts.ts';
import { readMachineConfig, readTls, type TlsFiles } from './machine-config.ts';

const API_PORT = 7600;

export function rebootsOf(
  facts: MachineFacts,
  tls: TlsFiles,
  rest: Pick<RebootsOptions, 'registry' | 'departure' | 'clock' | 'log'>,
): Reboots {
  return new Reboots({
    ...rest,
    self: facts,
    members: (signal) => storeMembers({ endpoints: facts.etcd, tls }, signal),
    restart: async (signal) => {
      await run('systemctl', ['reboot', '--no-block'], {}, signal);
    },
  });
}

/** Throws DeisError 'conflict' with the reason when it has to wait; the machine then goes on as it was. */
export async function reboot(signal: AbortSignal): Promise<void> {
  const machine = await readMachineConfig();
  const client = new MachineClient(await readTls('deisd'));
  for await (const news of client.reboot(`${machine.ip}:${API_PORT}`, 'system', signal)) {
    if (news.kind === 'progress') process.stdout.write(`${news.text}\n`);
    if (news.kind === 'refused') throw new DeisError('conflict', news.problem, news.hint);
  }
}
