// What operators do to routers and machines while users are at it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { keys } from '../../src/registry/keys.ts';
import { eventually, type TestPlatform } from './platform.ts';
import { openStore } from './store.ts';

type Step = [what: string, act: () => Promise<unknown>];

export function routerChanges(
  on: TestPlatform,
  app: string,
): { inPlace: Step[]; ofNumber: Step[] } {
  const victim = on.context.machines.at(-1)!.name;
  return {
    inPlace: [
      ['setting of the router', () => setAndApplied(on, 'bodySize=2m')],
      ['setting of the app', () => on.mustDeis('routing:set', 'bodySize=3m', '-a', app)],
      ['certificate', () => addCertificate(on, app)],
      ['drain a machine', () => on.mustDeisctl('drain', victim)],
      ['take it back', () => on.mustDeisctl('uncordon', victim)],
      ['rebalance', () => on.mustDeisctl('rebalance', '--timeout=120')],
      ['setting of the router taken back', () => setAndApplied(on, 'bodySize=1m')],
    ],
    ofNumber: [
      ['router=1', () => on.mustDeisctl('scale', 'router=1')],
      ['router=3', () => on.mustDeisctl('scale', 'router=3')],
    ],
  };
}

/** Sets it and waits until every router has confirmed its new file. */
async function setAndApplied(on: TestPlatform, setting: string): Promise<void> {
  const { registry } = await openStore(on);
  await on.mustDeisctl('config', 'router', 'set', setting);
  const wanted = (await registry.list(keys.routerAlive, [], on.signal)).revision;
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
