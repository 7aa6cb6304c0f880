// What every store accepts in one transaction: the limits of etcd, so that the fake refuses what the real one would.

import { DeisError } from '../model/errors.ts';
import type { Condition, Transaction, Write } from '../ports/store.ts';

export const MOST_WRITES = 100;
/** etcd counts comparisons, writes and reads of a transaction each against this (`--max-txn-ops`). */
export const MOST_OPERATIONS = 128;
/** Bytes. etcd refuses requests above 1.5 MiB. */
export const LARGEST_VALUE = 1024 * 1024;
export const LARGEST_TRANSACTION = 1400 * 1024;

/** Throws DeisError('invalid') when no store would take this transaction. */
export function checkTransaction({ conditions, writes, reads = [] }: Transaction): void {
  if (writes.length > MOST_WRITES) {
    throw refusal(`${writes.length} writes in one transaction, at most ${MOST_WRITES} fit`);
  }
  const comparisons = conditions.length + guarded(writes, conditions).length;
  const operations = Math.max(comparisons, writes.length + reads.length);
  if (Math.max(operations, conditions.length + reads.length) > MOST_OPERATIONS) {
    throw refusal(`a transaction may hold ${MOST_OPERATIONS} conditions or operations`);
  }
  const sizes = writes.map((write) => (write.kind === 'put' ? Buffer.byteLength(write.value) : 0));
  if (sizes.some((size) => size > LARGEST_VALUE)) {
    throw refusal(`a value is larger than ${LARGEST_VALUE} bytes`);
  }
  if (sizes.reduce((sum, size) => sum + size, 0) > LARGEST_TRANSACTION) {
    throw refusal(`the values together are larger than ${LARGEST_TRANSACTION} bytes`);
  }
  checkOverlaps(writes);
}

/** The writes that no condition of the caller ties to one state of their key. */
export function guarded(writes: Write[], conditions: Condition[]): Write[] {
  const tied = new Set(
    conditions
      .filter(({ kind, equals }) => kind === 'mod-revision' || equals === 0)
      .map(({ key }) => key),
  );
  return writes.filter((write) => write.kind === 'delete-prefix' || !tied.has(write.key));
}

/** A key may be put once, and not also be deleted: the order of writes within a transaction has no meaning. */
function checkOverlaps(writes: Write[]): void {
  const puts = writes.filter((write) => write.kind === 'put').map(({ key }) => key);
  if (new Set(puts).size < puts.length) throw refusal('a key is put twice in one transaction');
  for (const write of writes) {
    if (write.kind === 'put') continue;
    const deletes = (key: string): boolean =>
      write.kind === 'delete' ? key === write.key : key.startsWith(write.prefix);
    const both = puts.find(deletes);
    if (both) throw refusal(`${both} is put and deleted in one transaction`);
  }
}

function refusal(reason: string): DeisError {
  return new DeisError('invalid', `The store cannot take this change: ${reason}.`);
}
