// A key as `deis keys:add` leaves it in the store.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fingerprint } from '../../src/builder/login.ts';
import type { Write } from '../../src/ports/store.ts';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';

const AT = '2026-11-22T00:00:00.000Z';

/** `file`: the public half. */
export async function keyRecord(file: string, owner: string): Promise<Write> {
  const line = await readFile(file, 'utf8');
  const [algorithm, base64 = ''] = line.split(' ');
  const blob = Buffer.from(base64, 'base64');
  const sha256 = createHash('sha256').update(blob).digest('hex');
  const dates = { created: AT, updated: AT };
  const print = fingerprint({ algorithm: algorithm!, blob });
  const record = { uuid: sha256.slice(0, 36), id: sha256.slice(0, 8), owner, public: line };
  return put(keys.publicKeys, [sha256], { ...record, fingerprint: print, ...dates });
}
