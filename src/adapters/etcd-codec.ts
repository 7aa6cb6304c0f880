// Between etcd's bytes and our words.

import type { ICompare, IKeyValue, IRequestOp } from 'etcd3';
import type { Condition, Entry, Write } from '../ports/store.ts';

export function entryOf(kv: IKeyValue): Entry {
  return {
    key: kv.key.toString(),
    value: kv.value.toString(),
    createRevision: Number(kv.create_revision),
    modRevision: Number(kv.mod_revision),
  };
}

export function oneKey(key: string): { key: Buffer } {
  return { key: Buffer.from(key) };
}

/** etcd has no prefixes, only ranges: from the prefix to its successor, the prefix with its last byte raised. */
export function allUnder(prefix: string): { key: Buffer; range_end: Buffer } {
  const key = Buffer.from(prefix);
  const end = Buffer.from(key);
  for (let last = end.length - 1; last >= 0; last -= 1) {
    const byte = end[last] ?? 0xff;
    if (byte === 0xff) continue;
    end[last] = byte + 1;
    return { key, range_end: end.subarray(0, last + 1) };
  }
  // From the first key to the last of all.
  return { key: key.length > 0 ? key : Buffer.from([0]), range_end: Buffer.from([0]) };
}

export function compareOf({ kind, key, equals }: Condition): ICompare {
  const revision =
    kind === 'mod-revision'
      ? ({ target: 'Mod', mod_revision: equals } as const)
      : ({ target: 'Create', create_revision: equals } as const);
  return { key: Buffer.from(key), result: 'Equal', ...revision };
}

/** Holds while nothing that the write touches was changed after `revision`. */
export function untouchedSince(write: Write, revision: number): ICompare {
  const where = write.kind === 'delete-prefix' ? allUnder(write.prefix) : oneKey(write.key);
  return { ...where, target: 'Mod', result: 'Less', mod_revision: revision + 1 };
}

export function requestOf(write: Write): IRequestOp {
  switch (write.kind) {
    case 'put': {
      const { key, value, lease } = write;
      return {
        request_put: {
          key: Buffer.from(key),
          value: Buffer.from(value),
          ...(lease === undefined ? {} : { lease }),
        },
      };
    }
    case 'delete':
      return { request_delete_range: oneKey(write.key) };
    case 'delete-prefix':
      return { request_delete_range: allUnder(write.prefix) };
  }
}
