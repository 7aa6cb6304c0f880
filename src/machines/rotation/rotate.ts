// A new authority and new certificates for everything in a cluster, while it works: nobody ever meets a certificate that it does not
// believe. Each phase ends when every part that runs has said that it has followed.

import { existsSync } from 'node:fs';
import type { MemberWay } from '../../adapters/etcd-member-look.ts';
import type { Machine } from '../../model/cluster.ts';
import { DeisError } from '../../model/errors.ts';
import type { Host } from '../../ports/host.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { ordered } from '../join/ordered.ts';
import { packFiles } from '../join/pack.ts';
import type { Progress } from '../progress.ts';
import type { MachineIdentity } from '../node-files.ts';
import { writeFileSpec } from '../write-file.ts';
import { identityFiles, type PlacedFile, placeScript, trustFiles } from './files.ts';
import { type IsSo, untilFollowed } from './followed.ts';
import { type Members, requireHealth, restartMembers } from './members.ts';
import {
  advance,
  authorityOf,
  beginRotation,
  endRotation,
  findRotation,
  newFingerprint,
  newIdentity,
  renewOperator,
} from './record.ts';

/** The cluster as the operator's present certificate opens it. */
export interface OpenedCluster {
  registry: Registry;
  way: MemberWay;
  close(): void;
}

export interface Rotating {
  cluster: string;
  /** Of the authority: `ca.crt`, `ca.key`, and the operator's own pair. */
  folder: string;
  /** Client URLs of the store's members. */
  etcd: readonly string[];
  /** With the certificate as it lies on the disk now. */
  open: () => Promise<OpenedCluster>;
  /** Root on a machine. Throws DeisError. */
  shell: (machine: Machine) => Promise<Host>;
  /** Where this computer keeps a machine's certificates, if it does. */
  kept: (machine: Machine) => string;
  /** Ids of machines that are away and miss the change: reissue.ts brings them back. */
  without: ReadonlySet<string>;
  now: Date;
  progress: Progress;
}

/** Throws DeisError with everything as it is; called again it goes on. Resolves to whether an earlier run was finished. */
export async function rotateCertificates(
  rotating: Rotating,
  signal: AbortSignal,
): Promise<{ resumed: boolean }> {
  const { folder, cluster, now, progress } = rotating;
  let record = await findRotation(folder);
  if (!record) {
    await progress.step('Looking at machines and store', () => lookFirst(rotating, signal));
    record = await beginRotation(folder, cluster, now);
  }
  const { resumed, began } = record;
  const fresh = await newFingerprint(folder);
  if (resumed) progress.note(`going on with what was begun at ${began}: ${record.phase}`);

  if (record.phase === 'trust') {
    await trust(rotating, 'trust', (report) => report.authorities.includes(fresh), signal);
    record = await advance(folder, 'reissue', began);
  }
  if (record.phase === 'reissue') {
    await reissue(rotating, (report) => report.issuer === fresh, signal);
    record = await advance(folder, 'distrust', began);
  }
  const only: IsSo = ({ authorities }) => authorities.length === 1 && authorities[0] === fresh;
  await trust(rotating, 'distrust', only, signal);
  await endRotation(folder);
  return { resumed };
}

/** Everybody must be there: whoever is away would come back with a certificate that nobody believes any more. */
async function lookFirst(rotating: Rotating, signal: AbortSignal): Promise<void> {
  await withCluster(rotating, async (opened) => {
    const machines = await machinesOf(rotating, opened, signal);
    await requireHealth(await membersOf(rotating, opened, machines, signal), signal);
    await eachMachine(rotating, machines, (host) =>
      ordered(host, 'looking at it', 'test -e /etc/deis/tls/ca.crt', signal),
    );
  });
}

async function trust(
  rotating: Rotating,
  phase: 'trust' | 'distrust',
  isSo: IsSo,
  signal: AbortSignal,
): Promise<void> {
  const { folder, progress } = rotating;
  const words = phase === 'trust' ? 'the new authority too' : 'the new authority only';
  const { trusted } = await authorityOf(folder, phase);
  const files = trustFiles(trusted);
  await withCluster(rotating, async (opened) => {
    const machines = await machinesOf(rotating, opened, signal);
    await progress.step(`All machines are told to believe ${words}`, () =>
      eachMachine(rotating, machines, (host) => put(host, files, signal)),
    );
    await progress.step(`Every part believes ${words}`, () =>
      untilFollowed(opened.registry, isSo, signal, rotating.without),
    );
    const members = await membersOf(rotating, opened, machines, signal);
    await progress.step('Members of the store, one after the other', () =>
      restartMembers(members, signal),
    );
  });
}

async function reissue(rotating: Rotating, isSo: IsSo, signal: AbortSignal): Promise<void> {
  const { folder, now, progress } = rotating;
  const authority = await authorityOf(folder, 'reissue');
  await renewOperator(folder, authority, now);
  await withCluster(rotating, async (opened) => {
    const machines = await machinesOf(rotating, opened, signal);
    await progress.step('New certificates for all machines', () =>
      eachMachine(rotating, machines, async (host, machine) => {
        const identity = await newIdentity(folder, authority, machine, now);
        await keepIdentity(rotating.kept(machine), identity);
        // Also whom to believe, for one that was away when the others were told.
        await put(host, [...trustFiles(authority.trusted), ...identityFiles(identity)], signal);
      }),
    );
    await progress.step('Every part shows its new certificate', () =>
      untilFollowed(opened.registry, isSo, signal, rotating.without),
    );
  });
}

/** Where this computer keeps one. */
export async function keepIdentity(path: string, identity: MachineIdentity): Promise<void> {
  if (!existsSync(path)) return;
  await writeFileSpec('', { path, content: JSON.stringify(identity), mode: 0o600 });
}

export async function put(
  host: Host,
  files: readonly PlacedFile[],
  signal: AbortSignal,
): Promise<void> {
  await ordered(host, 'certificates', placeScript(files), signal, await packFiles(files));
}

async function withCluster<T>(
  { open }: Rotating,
  work: (opened: OpenedCluster) => Promise<T>,
): Promise<T> {
  const opened = await open();
  try {
    return await work(opened);
  } finally {
    opened.close();
  }
}

/** Throws DeisError('conflict') when one that nobody left out has no heartbeat. */
async function machinesOf(
  { without }: Pick<Rotating, 'without'>,
  { registry }: OpenedCluster,
  signal: AbortSignal,
): Promise<Machine[]> {
  const [machines, alive] = await Promise.all([
    registry.list(keys.machines, [], signal),
    registry.list(keys.alive, [], signal),
  ]);
  const living = new Set(alive.items.map(({ ids }) => ids[0]));
  const meant = machines.items.map(({ value }) => value).filter(({ id }) => !without.has(id));
  const away = meant.filter(({ id }) => !living.has(id)).map(({ name }) => name);
  if (away.length === 0) return meant;
  throw new DeisError(
    'conflict',
    `${away.join(', ')}: no sign of life; a machine that misses the change is believed by nobody afterwards`,
    `Boot it; or take it out for good: deisctl nodes destroy NODE --gone; or leave it out: deisctl certs rotate ${away.map((name) => `--without=${name}`).join(' ')}, and when it is back: deisctl certs reissue ${away[0]}`,
  );
}

async function eachMachine(
  { shell }: Rotating,
  machines: readonly Machine[],
  work: (host: Host, machine: Machine) => Promise<unknown>,
): Promise<void> {
  for (const machine of machines) {
    const host = await shell(machine);
    try {
      await work(host, machine);
    } finally {
      host.close();
    }
  }
}

/** Those on machines that were left out are not asked. */
async function membersOf(
  { etcd, shell, without }: Rotating,
  { registry, way }: OpenedCluster,
  machines: readonly Machine[],
  signal: AbortSignal,
): Promise<Members> {
  const { items } = await registry.list(keys.machines, [], signal);
  const left = new Set(
    items.filter(({ value }) => without.has(value.id)).map(({ value }) => value.ip),
  );
  return {
    endpoints: etcd.filter((endpoint) => !left.has(new URL(endpoint).hostname)),
    way: () => Promise.resolve(way),
    async withShell(ip, work) {
      const machine = machines.find((one) => one.ip === ip);
      if (!machine) throw new DeisError('conflict', `no machine has the address ${ip}`);
      const host = await shell(machine);
      try {
        return await work(host);
      } finally {
        host.close();
      }
    },
  };
}
