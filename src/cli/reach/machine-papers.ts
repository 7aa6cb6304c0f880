// What a machine knows of its cluster: where the store is, and a certificate to show. Whoever may become root on a machine of the
// cluster is an operator of it, so an operator with a tunnel needs nothing else.

import { z } from 'zod';
import type { SshConnection } from '../../adapters/ssh-client.ts';
import { DeisError } from '../../model/errors.ts';

export interface MachinePapers {
  /** machine-id */
  id: string;
  cluster: string;
  /** Client URLs. */
  etcd: string[];
  /** PEM texts. */
  tls: { ca: string; cert: string; key: string };
}

const FILES = [
  '/etc/machine-id',
  '/etc/deis/machine.json',
  '/etc/deis/tls/ca.crt',
  '/etc/deis/tls/deisd.crt',
  '/etc/deis/tls/deisd.key',
];
const END = '-----deis-end-of-file-----';
/** A user that is not root needs sudo without a password, as `core` has it. */
const READ = `for file in ${FILES.join(' ')}; do { cat $file 2>/dev/null || sudo -n cat $file; } || exit 3; echo; echo ${END}; done`;

const schema = z.object({ cluster: z.string(), etcd: z.array(z.string()).min(1) });

/** Throws DeisError 'unsupported' when this is no machine of a cluster, 'forbidden' when the user may not read the files. */
export async function readPapers(machine: SshConnection): Promise<MachinePapers> {
  const { code, stdout, stderr } = await machine.capture(READ);
  const [id = '', json = '', ca = '', cert = '', key = ''] = stdout
    .toString('utf8')
    .split(`${END}\n`)
    .map((text) => text.trim());
  if (code !== 0) throw unreadable(machine.host, stderr);
  const parsed = schema.safeParse(JSON.parse(json));
  if (!parsed.success) {
    throw new DeisError('unsupported', `/etc/deis/machine.json on ${machine.host} is malformed`);
  }
  const { cluster, etcd } = parsed.data;
  return { id, cluster, etcd, tls: { ca: `${ca}\n`, cert: `${cert}\n`, key: `${key}\n` } };
}

function unreadable(host: string, stderr: string): DeisError {
  const missing = /No such file/i.test(stderr);
  if (missing) {
    const what = `${host} is no machine of a cluster: it has no ${FILES[1]} with its certificates`;
    return new DeisError('unsupported', what, 'Name one with --tunnel that deisd runs on.');
  }
  const last = stderr.split('\n').at(-1) ?? '';
  return new DeisError(
    'forbidden',
    `the cluster's certificate on ${host} cannot be read: ${last}`,
    'The user must be root, or may use sudo without a password; or bring a certificate: --etcd-cafile, --etcd-certfile, --etcd-keyfile.',
  );
}
