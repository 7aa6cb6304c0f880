// A machine examines itself for `deisctl doctor`: everything at once, each part within its own deadline, and what cannot be learned
// is said instead of waited for. Needs neither the store nor a healthy Engine, and changes nothing.

import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { examineCertificate } from '../../adapters/certificate-files.ts';
import { diskSpace, largestFiles } from '../../adapters/disk-space.ts';
import { glanceAtEngine, type EngineGlance } from '../../adapters/engine-glance.ts';
import { listenersOn } from '../../adapters/listeners.ts';
import type { ClientTls } from '../../adapters/machine-client.ts';
import { askNameServers } from '../../adapters/name-servers.ts';
import { showServices } from '../../adapters/systemd-show.ts';
import { reachOf } from '../../adapters/tcp-reach.ts';
import type {
  ExaminedCertificate,
  ExaminedDisk,
  ExaminedReach,
  ExaminedRouter,
  ExaminedService,
  Examination,
} from '../../model/examination.ts';
import { ifMissing } from '../../model/missing.ts';
import { IDENTITIES, identityFolder, MEMBER_FOLDER } from '../../model/identity.ts';
import { askComponents } from './components.ts';

export interface Examined {
  machine: { id: string; name: string; ip: string };
  tls: ClientTls;
  /** Unit files of ours are linked from here: their names are what runs. */
  unitFolder: string;
  /** What the router of this machine remembers. */
  routerView: string;
}

/** A part that takes longer is left out and named. */
const PART_MS = 4000;
const REACH_MS = 1500;
/** Targets that are tried at once, and at all. */
export const MOST_TARGETS = 400;

const FOLDERS = [
  '/',
  '/etc',
  '/run',
  '/var',
  '/var/lib',
  '/var/lib/docker',
  '/var/lib/deis',
  '/var/lib/etcd',
  '/var/log',
  '/var/log/journal',
];
const SERVICES = ['etcd.service', 'docker.service', 'deisd.service', 'systemd-journald.service'];
/** Doors of the platform: whoever else listens there is in the way. */
const PORTS: ReadonlySet<number> = new Set([
  80, 443, 2222, 9090, 2223, 8000, 5000, 8088, 7600, 5555, 2379, 2380,
]);

/** `targets`: `ip:port` that this machine should be able to reach. */
export async function examine(
  { machine, tls, unitFolder, routerView }: Examined,
  targets: readonly string[],
  signal: AbortSignal,
): Promise<Examination> {
  const gaps: string[] = [];
  const part = <T>(name: string, otherwise: T, ask: (given: AbortSignal) => Promise<T>) =>
    within(name, otherwise, ask, gaps, signal);
  const services = part('services', {}, (given) => servicesOf(unitFolder, given));
  const glance = services.then((known) =>
    part('containers', away('it was not asked'), (given) => engineOf(known, given)),
  );
  const [disks, listeners, nameServers, reach, certificates, router, components] =
    await Promise.all([
      part('disks', [], disksOf),
      part('listeners', [], () => listenersOn(PORTS)),
      part('name servers', [], () => askNameServers()),
      part('reach', [], (given) => reachAll(targets, given)),
      part('certificates', [], certificatesOf),
      part('router', undefined, () => routerOf(routerView)),
      glance.then(({ containers }) =>
        part('components', [], (given) =>
          askComponents(containers, { ip: machine.ip, tls }, given),
        ),
      ),
    ]);
  const { id, name, ip } = machine;
  return {
    id,
    name,
    ip,
    at: Date.now(),
    disks,
    services: await services,
    ...(await glance),
    listeners,
    nameServers,
    reach,
    certificates,
    components,
    ...(router && { router }),
    gaps,
  };
}

async function within<T>(
  name: string,
  otherwise: T,
  ask: (signal: AbortSignal) => Promise<T>,
  gaps: string[],
  signal: AbortSignal,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const given = new AbortController();
  const timer = setTimeout(() => {
    late.reject(new Error(`no answer within ${PART_MS} ms`));
    given.abort(new Error('too late'));
  }, PART_MS);
  try {
    return await Promise.race([ask(AbortSignal.any([signal, given.signal])), late.promise]);
  } catch (error) {
    signal.throwIfAborted();
    gaps.push(`${name}: ${(error as Error).message}`);
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
}

async function servicesOf(
  folder: string,
  signal: AbortSignal,
): Promise<Record<string, ExaminedService>> {
  const own = await readdir(folder).catch(ifMissing<string[]>([])); // nothing was ever installed here
  const units = own.filter((name) => /^[^.@].*\.[a-z]+$/.test(name));
  return showServices([...SERVICES, ...units], signal);
}

/** A socket-activated Engine that is down would be started by the question. */
async function engineOf(
  services: Record<string, ExaminedService>,
  signal: AbortSignal,
): Promise<EngineGlance> {
  const docker = services['docker.service'];
  if (docker && docker.active !== 'active') return away(`its service is ${docker.active}`);
  return glanceAtEngine(signal);
}

function away(problem: string): EngineGlance {
  return { engine: { answers: false, problem }, containers: [] };
}

async function disksOf(signal: AbortSignal): Promise<ExaminedDisk[]> {
  const disks = await diskSpace(FOLDERS);
  return Promise.all(
    disks.map(async (disk) => {
      if (disk.free > disk.size * 0.05) return disk;
      return { ...disk, largest: await largestFiles(disk, signal) };
    }),
  );
}

function reachAll(targets: readonly string[], signal: AbortSignal): Promise<ExaminedReach[]> {
  return Promise.all(
    targets.slice(0, MOST_TARGETS).map(async (address) => {
      return { address, reach: await reachOf(address, REACH_MS, signal) };
    }),
  );
}

function certificatesOf(): Promise<ExaminedCertificate[]> {
  const components = IDENTITIES.filter((name) => name !== 'etcd');
  const own = components.map((name) => {
    const folder = identityFolder(name);
    return { name, path: `${folder}/${name}`, ca: `${folder}/ca.crt` };
  });
  const member = { name: 'etcd', path: `${MEMBER_FOLDER}/member`, ca: `${MEMBER_FOLDER}/ca.crt` };
  const all = [...own, member];
  // Not every machine carries a member of the store, or was given an identity for every component.
  const given = all.filter(({ name, path }) => name === 'deisd' || existsSync(`${path}.crt`));
  return Promise.all(
    given.map(({ name, path, ca }) =>
      examineCertificate({ name, certificate: `${path}.crt`, key: `${path}.key`, ca }),
    ),
  );
}

/** Undefined: no router has ever run here. */
async function routerOf(path: string): Promise<ExaminedRouter | undefined> {
  const text = await readFile(path, 'utf8').catch(ifMissing(undefined));
  if (text === undefined) return undefined;
  const { groups = {}, builders = [] } = JSON.parse(text) as Partial<ExaminedRouter>;
  return { groups, builders };
}
