// How deisctl finds and reaches a cluster: the context of a local one, or endpoints and certificates from flags.

import { readFile } from 'node:fs/promises';
import { etcdStore } from '../adapters/etcd.ts';
import { checkoutRoot } from '../machines/checkout.ts';
import { type ClusterContext, readContext } from '../machines/context.ts';
import { DeisError } from '../model/errors.ts';
import { Registry } from '../registry/registry.ts';
import { commandLog } from './quiet-log.ts';

/** The global flags of deisctl. */
export interface ClusterChoice {
  cluster: string;
  endpoint?: string[] | undefined;
  'etcd-cafile'?: string | undefined;
  'etcd-certfile'?: string | undefined;
  'etcd-keyfile'?: string | undefined;
}

/** PEM texts. */
export interface ClientTls {
  ca: string;
  cert: string;
  key: string;
}

export interface Cluster {
  registry: Registry;
  tls: ClientTls;
  /** Only of a local cluster. */
  context: ClusterContext | undefined;
  close(): void;
}

/** Connects lazily: an unreachable store shows at the first read. Throws DeisError 'not-found' when there is no such cluster. */
export async function openCluster(choice: ClusterChoice): Promise<Cluster> {
  const context = choice.endpoint ? undefined : await readContext(checkoutRoot(), choice.cluster);
  const files = context?.tls ?? filesOf(choice);
  const tls = { ca: await pem(files.ca), cert: await pem(files.cert), key: await pem(files.key) };
  const endpoints = context?.etcd ?? choice.endpoint ?? [];
  const store = etcdStore({ endpoints, tls, log: commandLog() });
  return { registry: new Registry(store), tls, context, close: () => store.close() };
}

function filesOf(choice: ClusterChoice): ClientTls {
  const ca = choice['etcd-cafile'];
  const cert = choice['etcd-certfile'];
  const key = choice['etcd-keyfile'];
  if (ca === undefined || cert === undefined || key === undefined) {
    throw new DeisError(
      'invalid',
      '--endpoint needs a certificate: etcd speaks only mutual TLS',
      'Add --etcd-cafile, --etcd-certfile and --etcd-keyfile.',
    );
  }
  return { ca, cert, key };
}

async function pem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DeisError('invalid', `the certificate file ${path} cannot be read`, '', { cause });
  }
}
