// What etcd and gRPC say, translated once: into an error for people, and whether another member may do better.

import {
  ClientClosedError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  EtcdRoleExistsError,
  EtcdUserExistsError,
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
  if (/revision of auth store is old|user name is empty/.test(cause.message)) {
    // Roles were changed, or came into force, between the asking and the doing: nothing was done.
    return { error: cause, again: true, doubtful: false };
  }
  if (cause instanceof GRPCInvalidArgumentError || /larger than max/.test(cause.message)) {
    // Too many operations, a duplicate key, a request above the size limit: never right later either.
    const message = `etcd refused the ${what}: ${plainWords(cause.message)}.`;
    return final(new DeisError('invalid', message, '', { cause }));
  }
  if (cause instanceof EtcdRoleExistsError || cause instanceof EtcdUserExistsError) {
    return final(new DeisError('conflict', `etcd: ${plainWords(cause.message)}`, '', { cause }));
  }
  if (isDenied(cause)) return final(denied(what, cause));
  if (cause instanceof GRPCNotImplementedError || cause instanceof GRPCFailedPreconditionError) {
    return final(new DeisError('internal', `etcd: ${plainWords(cause.message)}`, '', { cause }));
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

/** It knows the certificate's name and does not let it do this, or does not know the name. */
export function isDenied(error: unknown): boolean {
  return error instanceof EtcdPermissionDeniedError || error instanceof GRPCUnauthenticatedError;
}

export function denied(what: string, cause: unknown): DeisError {
  const message = `etcd refuses the ${what} to this certificate.`;
  const hint =
    "Each component writes its own keys only; an operator's certificate may do everything.";
  return new DeisError('forbidden', message, hint, { cause });
}

/** Without the code and the prefixes that gRPC and etcd put in front. */
export function plainWords(message: string): string {
  return message
    .replace(/^\w*Error: /, '')
    .replace(/^\d+ [A-Z_]+: /, '')
    .replace(/^etcdserver: /, '');
}
