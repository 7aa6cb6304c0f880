// One renewal of a lease as a single question with its own deadline: a stream that is kept open hides a frozen member.

import type { ILeaseKeepAliveResponse } from 'etcd3';
import { DeisError } from '../model/errors.ts';
import { translate, unavailable } from './etcd-errors.ts';
import type { Client } from './etcd-member.ts';
import type { Ask, EtcdMembers } from './etcd-members.ts';

const RENEWAL_MS = 1500;

/** The parts of the stream that are used here. */
interface RenewalStream {
  on(event: 'data', listener: (response: ILeaseKeepAliveResponse) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'end', listener: () => void): this;
  write(request: { ID: string }): unknown;
  end(): void;
  cancel(): void;
}

/**
 * Asks the first healthy member. If it misses, the next call asks another one: two misses in a row are never the
 * same member's while another is there. Throws DeisError('lease-gone') only when etcd itself says that the lease has
 * ended, 'unavailable' otherwise.
 */
export async function keepLeaseAlive(
  members: EtcdMembers,
  lease: string,
  signal: AbortSignal,
): Promise<void> {
  const [member] = members.inOrder();
  if (!member) throw unavailable('lease renewal', false, undefined);
  const attempt = { doubtful: false, within: RENEWAL_MS };
  let answer: ILeaseKeepAliveResponse;
  try {
    const ask: Ask<ILeaseKeepAliveResponse> = (client, options) => renew(client, lease, options);
    answer = await members.ask(member, 'lease renewal', ask, attempt, signal);
  } catch (error) {
    signal.throwIfAborted();
    const problem = translate(error, 'lease renewal');
    throw problem.again ? unavailable('lease renewal', false, problem.error) : problem.error;
  }
  if (Number(answer.TTL) <= 0) throw new DeisError('lease-gone', 'The lease has ended.');
}

async function renew(
  client: Client,
  lease: string,
  options: { deadline: number },
): Promise<ILeaseKeepAliveResponse> {
  const stream = (await client.leaseClient.leaseKeepAlive(options)) as unknown as RenewalStream;
  try {
    return await new Promise<ILeaseKeepAliveResponse>((resolve, reject) => {
      stream
        .on('data', resolve)
        .on('error', reject)
        .on('end', () => reject(new Error('etcd ended the renewal without an answer')));
      stream.write({ ID: lease });
    });
  } finally {
    // Ends our half; the deadline ends the other if etcd does not.
    stream.end();
  }
}
