// The parts of a router, introduced to each other.

import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Loop } from '../daemon/loop.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Vault } from '../ports/vault.ts';
import type { Templates } from '../ports/templates.ts';
import type { Bundle, WebServer } from '../ports/web-server.ts';
import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';
import { Session } from '../registry/session.ts';
import { Issuer, type IssuerNeeds, type IssuerWorld } from './acme/issuer.ts';
import { Certificates } from './certificate-store.ts';
import { Endpoints } from './endpoints.ts';
import { Farewell } from './farewell.ts';
import { Files, type FilesNeeds } from './files.ts';
import { Memory } from './memory.ts';
import { Reporter } from './reporter.ts';
import { sealKey } from './seal-key.ts';
import { Server } from './server.ts';
import { type Listen, renderServerFile } from './server-file.ts';
import { FIRST_DOMAIN, platformCertificate, Sources } from './sources.ts';
import { readSettings } from './settings.ts';
import type { Times } from './times.ts';
import { Trust } from './trust.ts';

export interface RouterOptions {
  registry: Registry;
  /** Opens the keys of certificates. */
  vault: Vault;
  web: WebServer;
  templates: Templates;
  clock: Clock;
  log: Log;
  machine: { id: string; ip: string };
  /** Whose apps it serves; the default formation's unless told. */
  formation?: string;
  /** Name of the unit this router runs as. */
  unit: string;
  /** Folder that survives a restart. */
  state: string;
  /** `80`, or `127.0.0.1:8080`. */
  listen: Listen & { ssh: string };
  /** Port of deisd on each machine, to see whether a machine answers. */
  deisdPort: number;
  times?: Partial<Times>;
  /** Who signs certificates, by the settings acme/directory and acme/ca. */
  authority?: IssuerNeeds['authority'];
}

export interface Loops {
  endpoints: Loop;
  files: Loop;
  report: Loop;
}

export interface Parts {
  memory: Memory;
  server: Server;
  session: Session<{ machine: string; unit: string; ip: string; session: string }>;
  sources: Sources;
  endpoints: Endpoints;
  files: Files;
  reporter: Reporter;
  farewell: Farewell;
  issuer: Issuer;
  loops: Loops;
}

/** Reads the disk; nothing runs yet. */
export async function assemble(options: RouterOptions): Promise<Parts> {
  const { registry, clock, log, machine, unit, state } = options;
  const memory = new Memory(join(state, 'view.json'), log);
  await memory.load();
  const certificates = new Certificates({
    vault: options.vault,
    state: (name) => join(state, name),
    clock,
    log,
  });
  const { settings, domain = FIRST_DOMAIN } = memory.now;
  const fallback = await certificates.start(platformCertificate(settings), domain);
  const known = certificates.bundles(Object.values(memory.now.certificates));
  const server = new Server(options.web, memory.now, known);
  const sources = new Sources(options.formation);
  const trust = new Trust({ registry, memory, acceptFile: join(state, 'accept-store'), log });
  const session = new Session({
    registry,
    family: keys.routerAlive,
    ids: [machine.id],
    value: () => ({ machine: machine.id, unit, ip: machine.ip, session: randomUUID() }),
    revokeOnEnd: true,
    clock,
    log,
  });
  const onApplied = (): void => loops.report.hint();
  const shared = { sources, trust, server, memory, log, onApplied };
  const farewell = new Farewell({
    registry,
    sources,
    server,
    machine,
    unit,
    clock,
    log,
    address: `${machine.ip}:${options.listen.health.split(':').at(-1)}`,
    closingMs: () => closingMs(options, memory),
  });
  const files = new Files({ ...shared, render: renderer(options, fallback) });
  const endpoints = new Endpoints({ ...shared, certificates, farewell, files, clock });
  const issuer = new Issuer({
    registry,
    clock,
    log,
    vault: options.vault,
    machine: machine.id,
    world: () => issuerWorld(sources, certificates, memory, clock),
    authority: options.authority ?? authorityOf,
    port: Number(options.listen.health.split(':').at(-1)),
  });
  const effective = () => {
    const store: Record<string, string> = trust.hold ? { '*store': trust.hold } : {};
    const refused = { ...endpoints.refused, ...files.refused, ...store };
    return { endpoints: endpoints.revision, files: files.revision, refused };
  };
  const reporter = new Reporter({ registry, session, machine, server, farewell, effective });
  const sealing = { registry, vault: options.vault, log };
  const followSettings = async (signal: AbortSignal): Promise<number | void> => {
    if (sources.isComplete() && !trust.hold) await sealKey(sealing, sources.key(), signal);
    return files.pass(signal);
  };
  const loop = (name: string, pass: Pass, atLeast: number): Loop =>
    new Loop({ name, pass, every: 30_000, atLeast, clock, log });
  const loops: Loops = {
    endpoints: loop('endpoints', (signal) => endpoints.pass(signal).finally(issuer.hint), 20),
    files: loop('files', (signal) => followSettings(signal), 1000),
    report: loop('report', (signal) => reporter.pass(signal), 200),
  };
  return { memory, server, session, sources, endpoints, files, reporter, farewell, issuer, loops };
}

/** How long those who balance over routers need to notice that one leaves, ms. */
function closingMs({ times }: Pick<RouterOptions, 'times'>, memory: Memory): number {
  return times?.closingMs ?? Number(readSettings(memory.now.settings).values['leaveTime']) * 1000;
}

/** Loaded when it is needed first: it is large. */
const authorityOf: IssuerNeeds['authority'] = async (directory, ca) => {
  const { acmeAuthority } = await import('../adapters/acme.ts');
  return acmeAuthority({ directory, ca: ca || undefined });
};

/** Undefined while orders are switched off, or we do not know enough. */
function issuerWorld(
  sources: Sources,
  certificates: Certificates,
  memory: Memory,
  clock: Clock,
): IssuerWorld | undefined {
  if (!sources.isComplete()) return undefined;
  const { values } = readSettings(sources.settings().stored);
  if (values['acmeEnabled'] !== 'true') return undefined;
  return {
    ...sources.acme(),
    platform: sources.world(memory.now.domain).domain,
    covered: (domain) => certificates.covers(domain, clock.now()),
    hasDns: values['acmeDnsHook'] !== '',
    values,
  };
}

type Pass = (signal: AbortSignal) => Promise<number | void>;

function renderer(options: RouterOptions, fallback: Bundle): FilesNeeds['render'] {
  const { templates, web, listen, machine, formation = '', clock } = options;
  const { layout } = web;
  const processors = cpus().length;
  const life = (): string => clock.now().toString(36);
  const known = { templates, layout, listen, machine: machine.id, formation, processors };
  return (input) => renderServerFile({ ...known, fallback, life }, input);
}
