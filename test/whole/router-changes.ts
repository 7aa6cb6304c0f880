// What operators do to routers and machines while users are at it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { keys } from '../../src/registry/keys.ts';
import { appUnits, eventually, type TestPlatform } from './platform.ts';
import { openStore } from './store.ts';

type Step = [what: string, act: () => Promise<unknown>];

/** `inPlace`: no router goes away. `comeAndGo`: some do; `held` is the app whose connections are held, on fewer machines than there are. */
export function routerChanges(
  on: TestPlatform,
  app: string,
  held: string,
): { inPlace: Step[]; comeAndGo: Step[] } {
  return {
    inPlace: [
      ['setting of the router', () => setAndApplied(on, 'bodySize=2m')],
      ['setting of the app', () => on.mustDeis('routing:set', 'bodySize=3m', '-a', app)],
      ['certificate', () => addCertificate(on, app)],
      ['setting of the router taken back', () => setAndApplied(on, 'bodySize=1m')],
    ],
    comeAndGo: [
      ['router=1', () => on.mustDeisctl('scale', 'router=1')],
      ['router=3', () => on.mustDeisctl('scale', 'router=3')],
      ['drain a machine', async () => on.mustDeisctl('drain', await machineWithout(on, held))],
      ['take it back', async () => on.mustDeisctl('uncordon', await machineWithout(on, held))],
      ['all routers are back', () => allRouters(on)],
      ['rebalance', () => on.mustDeisctl('rebalance', '--timeout=120')],
    ],
  };
}

/** The machine that runs no container of the app: its router can be taken away, the ends of the app's connections stay. */
async function machineWithout(on: TestPlatform, app: string): Promise<string> {
  const running = (await appUnits(on, app)).filter(({ active }) => active === 'active');
  const homes = new Set(running.map(({ ip }) => ip));
  return on.context.machines.find(({ ip }) => !homes.has(ip))!.name;
}

async function allRouters(on: TestPlatform): Promise<void> {
  const { registry } = await openStore(on);
  await eventually('a router on every machine', 60, async () => {
    const { items } = await registry.list(keys.routerHosts, [], on.signal);
    return items.length === on.context.machines.length;
  });
}

/** Sets it and waits until every router has confirmed its new file. */
async function setAndApplied(on: TestPlatform, setting: string): Promise<void> {
  const { registry } = await openStore(on);
  await on.mustDeisctl('config', 'router', 'set', setting);
  const name = setting.split('=')[0]!;
  const wanted = (await registry.get(keys.settings, ['router', name], on.signal))!.modRevision;
  await eventually('all routers have the setting', 60, async () => {
    const { items } = await registry.list(keys.routerApplied, [], on.signal);
    return items.every(({ value }) => value.files >= wanted) || undefined;
  });
}

async function addCertificate(on: TestPlatform, app: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'deis-cert-'));
  const host = `${app}.example.org`;
  const [key, cert] = [join(folder, 'site.key'), join(folder, 'site.crt')];
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30'];
  await execa('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', cert]);
  await on.mustDeis('domains:add', host, '-a', app);
  await on.mustDeis('certs:add', cert, key);
  await on.mustDeis('certs:remove', host);
  await on.mustDeis('domains:remove', host, '-a', app);
  await rm(folder, { recursive: true });
}
