// The operator's own certificate of a test cluster, as its files are now.

import { readFile } from 'node:fs/promises';
import type { AskerTls } from '../../src/adapters/tls-beside-plain.ts';
import type { TestCluster } from './cluster.ts';

export async function operatorTls({ context }: Pick<TestCluster, 'context'>): Promise<AskerTls> {
  const text = (path: string) => readFile(path, 'utf8');
  const { ca, cert, key } = context.tls;
  return { ca: await text(ca), cert: await text(cert), key: await text(key) };
}
