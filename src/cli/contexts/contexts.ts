// deisctl contexts: names for clusters, and which one is meant when a command does not say.

import { resolve } from 'node:path';
import { contextFile } from '../../machines/context.ts';
import { checkoutRoot } from '../../machines/checkout.ts';
import { clusterNames } from '../../machines/local/record.ts';
import { existsSync } from 'node:fs';
import { DeisError } from '../../model/errors.ts';
import { tunnelAddress } from '../reach/tunnel-address.ts';
import { type ClusterChoice, LOCAL_DEFAULT } from '../reach/way.ts';
import { suggest } from '../suggest.ts';
import { type StoredContext, readContexts, writeContexts } from './contexts-file.ts';

/** One element of `deisctl contexts list --json`. */
export interface ContextRow {
  name: string;
  current: boolean;
  /** In words: `tunnel core@10.0.0.11`, `local`, an endpoint. */
  way: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export async function listContexts(): Promise<ContextRow[]> {
  const { current = LOCAL_DEFAULT, contexts } = await readContexts();
  const stored = Object.entries(contexts).map(([name, context]) => ({
    name,
    way: wayText(context),
  }));
  const local = (await localClusters())
    .filter((name) => !Object.hasOwn(contexts, name))
    .map((name) => ({ name, way: 'local' }));
  return [...stored, ...local]
    .toSorted((left, right) => left.name.localeCompare(right.name, 'en', { numeric: true }))
    .map((row) => ({ ...row, current: row.name === current }));
}

/** Keeps the global flags of this command line under a name. Throws DeisError 'conflict' when it exists, unless `force`. */
export async function addContext(
  name: string,
  flags: ClusterChoice,
  force: boolean,
): Promise<void> {
  if (!NAME.test(name)) {
    throw new DeisError(
      'invalid',
      `"${name}" is no name for a context`,
      'Letters, digits, dots and dashes.',
    );
  }
  const context = contextOf(flags);
  if (context.tunnel === undefined && context.endpoint === undefined) {
    const hint = 'Add --tunnel=<user>@<machine>, or --endpoint with its certificate.';
    throw new DeisError('invalid', 'a context needs a way to the cluster', hint);
  }
  if (context.tunnel !== undefined) tunnelAddress(context.tunnel);
  const file = await readContexts();
  if (file.contexts[name] && !force) {
    throw new DeisError(
      'conflict',
      `there is a context ${name} already`,
      'Replace it with --force.',
    );
  }
  await writeContexts({ ...file, contexts: { ...file.contexts, [name]: context } });
}

/** Throws DeisError 'not-found'. */
export async function useContext(name: string): Promise<void> {
  const file = await readContexts();
  const known = [...Object.keys(file.contexts), ...(await localClusters())];
  if (!known.includes(name)) throw unknownContext(name, known);
  await writeContexts({ ...file, current: name });
}

/** Throws DeisError 'not-found'. */
export async function removeContext(name: string): Promise<void> {
  const { current, contexts } = await readContexts();
  if (!Object.hasOwn(contexts, name)) throw unknownContext(name, Object.keys(contexts));
  const { [name]: _, ...rest } = contexts;
  await writeContexts({
    ...(current !== undefined && current !== name && { current }),
    contexts: rest,
  });
}

function contextOf(flags: ClusterChoice): StoredContext {
  const file = (path: string | undefined) => (path === undefined ? undefined : absolute(path));
  const entries = {
    tunnel: flags.tunnel || undefined,
    endpoint: flags.endpoint,
    cafile: file(flags['etcd-cafile']),
    certfile: file(flags['etcd-certfile']),
    keyfile: file(flags['etcd-keyfile']),
    sshUser: flags['ssh-user'],
    sshKey: file(flags['ssh-key']),
    knownHostsFile: file(flags['known-hosts-file']),
    strictHostKeyChecking: flags['strict-host-key-checking'],
  };
  const given = Object.entries(entries).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as StoredContext;
}

/** Commands run from any folder; `~` stays. */
function absolute(path: string): string {
  return path.startsWith('~') ? path : resolve(path);
}

function wayText({ tunnel, endpoint = [] }: StoredContext): string {
  const parts = [...(tunnel === undefined ? [] : [`tunnel ${tunnel}`]), ...endpoint];
  return parts.join(', ');
}

async function localClusters(): Promise<string[]> {
  const root = checkoutRoot();
  return (await clusterNames(root)).filter((name) => existsSync(contextFile(root, name)));
}

function unknownContext(name: string, known: readonly string[]): DeisError {
  const near = suggest(name, known);
  const meant = near === undefined ? '' : `Did you mean "${near}"? `;
  const names = known.length === 0 ? 'There are none' : `Contexts: ${known.join(', ')}`;
  return new DeisError(
    'not-found',
    `there is no context "${name}"`,
    `${meant}${names}. A new one: deisctl contexts add <name> --tunnel=<user>@<machine>`,
  );
}
