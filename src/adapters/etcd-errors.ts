// What etcd and gRPC say, translated once: into an error for people, and whether another member may do better.

import {
  ClientClosedError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCNotImplementedError,
  GRPCOutOfRangeError,
  GRPCUnauthenticatedError,
} from 'etcd3';
import { DeisError } from '../model/errors.ts';

/** A revision that was asked for is no longer kept. Stays inside the adapter: whoever meets it lists again. */
export class CompactedError extends Error {}

export interface Translated {
  error: Error;
  /** Another member, or the same a little later, may answer. */
  again: boolean;
  /** The request may have been carried out although no good answer came. */
  doubtful: boolean;
}

const final = (error: Error): Translated => ({ error, again: false, doubtful: false });

/** `what` names the call for the message, e.g. "commit". */
export function translate(error: unknown, what: string): Translated {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (cause instanceof DeisError || cause instanceof CompactedError) return final(cause);
  if (cause instanceof EtcdLeaseInvalidError) {
    return final(new DeisError('lease-gone', 'The lease has ended.', '', { cause }));
  }
  if (cause instanceof GRPCOutOfRangeError) {
    // "mvcc: required revision has been compacted", and "is a future revision" after a restored backup.
    return final(new CompactedError(cause.message, { cause }));
  }
  if (/database space exceeded/.test(cause.message)) {
    const hint = 'Compact and defragment etcd, then run `etcdctl alarm disarm` on a machine.';
    return final(new DeisError('refused', 'etcd has used up its space.', hint, { cause }));
  }
  if (cause instanceof GRPCInvalidArgumentError || /larger than max/.test(cause.message)) {
    // Too many operations, a duplicate key, a request above the size limit: never right later either.
    const message = `etcd refused the ${what}: ${plain(cause.message)}.`;
    return final(new DeisError('invalid', message, '', { cause }));
  }
  if (cause instanceof EtcdPermissionDeniedError || cause instanceof GRPCUnauthenticatedError) {
    const hint = 'Check that the certificate names a component that etcd knows.';
    return final(
      new DeisError('forbidden', 'etcd refused the client certificate.', hint, { cause }),
    );
  }
  if (cause instanceof GRPCNotImplementedError || cause instanceof GRPCFailedPreconditionError) {
    return final(new DeisError('internal', `etcd: ${plain(cause.message)}`, '', { cause }));
  }
  // All else means that this member cannot answer now: no connection, no leader, too slow, being stopped.
  const unsent =
    cause instanceof ClientClosedError || /No connection established/.test(cause.message);
  return { error: cause, again: true, doubtful: !unsent };
}

/** No member answered. `doubtful`: a write may have been carried out. */
export function unavailable(what: string, doubtful: boolean, cause: unknown): DeisError {
  // Asking twice for anything else does no harm.
  const unsure = doubtful && what === 'commit';
  const outcome = unsure ? ', and it may or may not have been carried out' : '';
  return new DeisError(
    'unavailable',
    `etcd did not answer the ${what}${outcome}.`,
    'Look at `systemctl status etcd` on the machines; what runs goes on running.',
    { cause },
  );
}

/** Without the code and the prefix that gRPC puts in front. */
function plain(message: string): string {
  return message
    .replace(/^\w*Error: /, '')
    .replace(/^\d+ [A-Z_]+: /, '')
    .replace(/^etcdserver: /, '');
}
