// Makes an existing host a machine of a cluster: looks, asks, brings everything along, and takes it all back if it comes to nothing.

import { DeisError } from '../../model/errors.ts';
import type { Host } from '../../ports/host.ts';
import { IDENTITIES, TLS_FOLDER } from '../../model/identity.ts';
import type { Authority } from '../authority-files.ts';
import { issueIdentity } from '../identity.ts';
import {
  buildsSlice,
  deisFiles,
  dockerDropIn,
  labelsFile,
  type MachineAbout,
  type MachineIdentity,
} from '../node-files.ts';
import type { Progress } from '../progress.ts';
import type { FileSpec } from '../write-file.ts';
import { dockerSettings } from './docker-settings.ts';
import { FACTS_SCRIPT, type HostFacts, parseFacts } from './host-facts.ts';
import { hostProblems, missingPackages } from './host-problems.ts';
import { leaveHost, takeBack } from './leave.ts';
import { packFiles, packFolder } from './pack.ts';
import {
  filesScript,
  hasVersionScript,
  prepareScript,
  reachScript,
  startScript,
  unpackVersionScript,
} from './scripts.ts';
import { ordered } from './ordered.ts';

/** What every machine of a cluster is made from. */
export interface ClusterKit {
  name: string;
  /** Client URLs of the store's members. */
  etcd: readonly string[];
  authority: Authority;
  platformKey: string;
  /** The folder to bring as /opt/deis, named by its content. */
  opt: { folder: string; version: string };
}

export interface Joining {
  /** The machine's name in the cluster; undefined: the host's own. Throws DeisError when it cannot be had. */
  nameFor(facts: HostFacts): string;
  /** Its address in the cluster; undefined: the one it uses towards the store. */
  ip: string | undefined;
  metadata: Record<string, string>;
  /** Of its place in a formation. */
  labels: Record<string, string>;
}

export interface Joined {
  /** machine-id. */
  id: string;
  name: string;
  ip: string;
  facts: HostFacts;
}

/** Long enough to take back what was begun when the person pressed Ctrl-C; packages that are being installed come to their end first, ms. */
export const UNDO_MS = 180_000;

/**
 * deisd has been started there when it resolves. Throws DeisError 'unsupported' with all reasons at once when the host cannot join,
 * and whatever failed on the way, with the host as it was.
 */
export async function joinHost(
  host: Host,
  kit: ClusterKit,
  joining: Joining,
  progress: Progress,
  signal: AbortSignal,
): Promise<Joined> {
  const facts = await progress.step(`Looking at ${host.name}`, () => examine(host, kit, signal));
  const name = joining.nameFor(facts);
  try {
    return await furnish(host, kit, { ...joining, name }, facts, progress, signal);
  } catch (error) {
    await takeBack(progress, `Taking everything back from ${host.name}`, () =>
      leaveHost(host, AbortSignal.timeout(UNDO_MS)),
    );
    throw error;
  }
}

async function examine(host: Host, kit: ClusterKit, signal: AbortSignal): Promise<HostFacts> {
  const facts = parseFacts(await ordered(host, 'looking at it', FACTS_SCRIPT, signal));
  const problems = hostProblems(
    facts,
    { name: kit.name, trusted: kit.authority.trusted },
    Date.now() / 1000,
  );
  if (problems.length === 0) return facts;
  throw new DeisError(
    'unsupported',
    `${host.name} cannot join: ${problems.join('; ')}`,
    'Nothing was changed there.',
  );
}

async function furnish(
  host: Host,
  kit: ClusterKit,
  { name, ip: asked, metadata, labels }: Joining & { name: string },
  facts: HostFacts,
  progress: Progress,
  signal: AbortSignal,
): Promise<Joined> {
  const settings = dockerSettings(facts.daemonJson, facts.dockerFlags, !facts.docker);
  const more = [
    labelsFile(labels),
    ...(settings === undefined ? [] : [{ path: '/etc/docker/daemon.json', content: settings }]),
  ];
  const packages = missingPackages(facts);
  const title = packages.length > 0 ? `Packages: ${packages.join(', ')}` : 'Notes of how it was';
  const doors = kit.etcd.map((url) => new URL(url).host);
  const towards = new URL(kit.etcd[0]!).hostname;
  const about = { name, ip: '', metadata, etcd: kit.etcd, cluster: kit.name };
  const blank = Object.fromEntries(IDENTITIES.map((part) => [part, { cert: '', key: '' }]));
  const paths = machineFiles(kit, about, blank, more).map(({ path }) => path);
  const wants = '/etc/systemd/system/multi-user.target.wants';
  const links = ['/opt/deis', `${wants}/deisd.service`, `${wants}/deis-drain.service`];
  const { version } = kit.opt;
  // Side by side, and both to their end: nothing may still arrive while everything is taken back.
  const [noted, brought] = await Promise.allSettled([
    progress.step(title, () =>
      ordered(host, title, prepareScript([...paths, ...links], packages, towards), signal),
    ),
    progress.step('Program and images', () => bring(host, kit.opt, signal)),
  ]);
  if (noted.status === 'rejected') throw noted.reason;
  if (brought.status === 'rejected') throw brought.reason;
  const ip = asked ?? noted.value.split('\n').at(-1)!.trim();
  const reach = await ordered(host, 'its runtime', reachScript(version, doors), signal);
  if (reach !== 'reachable') {
    throw new DeisError(
      'unavailable',
      `${host.name} does not reach the store: ${reach}`,
      'Open the way from there to port 2379 of the machines that carry etcd.',
    );
  }
  await progress.step('Certificates, settings and units', async () => {
    const identity = await issueIdentity(kit.authority, { name, ip }, new Date());
    const files = machineFiles(kit, { ...about, ip }, identity, more);
    await ordered(host, 'files', filesScript(), signal, await packFiles(files));
  });
  await progress.step('Docker and deisd', () =>
    ordered(host, 'start', startScript(version, settings !== undefined), signal),
  );
  return { id: facts.machine, name, ip, facts };
}

/** With the identity for a member of the store, should this machine ever carry one. */
function machineFiles(
  kit: ClusterKit,
  about: MachineAbout,
  identity: MachineIdentity,
  more: readonly FileSpec[],
): FileSpec[] {
  const member = [
    { path: `${TLS_FOLDER}/etcd.key`, content: identity['etcd']!.key, mode: 0o600 },
    { path: `${TLS_FOLDER}/etcd.crt`, content: identity['etcd']!.cert },
  ];
  const secrets = { ca: kit.authority.trusted, identity, platformKey: kit.platformKey };
  return [...deisFiles(about, secrets), ...member, dockerDropIn(), buildsSlice(), ...more];
}

/** Only what is not there yet. */
async function bring(host: Host, opt: ClusterKit['opt'], signal: AbortSignal): Promise<void> {
  if ((await host.run(hasVersionScript(opt.version), signal)).code === 0) return;
  const { stream, whole } = packFolder(opt.folder);
  const script = unpackVersionScript(opt.version);
  await Promise.all([ordered(host, 'the program', script, signal, stream), whole]);
}
