// Apps, their releases, containers, deployments and config, as /v2 shows them.

import { z } from 'zod';
import { keys } from '../../registry/keys.ts';
import { changeConfig } from '../api/config.ts';
import { appDomain, appDomains } from '../app/app-domain.ts';
import { containersOf } from '../app/containers.ts';
import { readConfig } from '../app/release.ts';
import { openSettings } from '../app/secret-values.ts';
import { platformSetting } from '../app/settings-of-platform.ts';
import { type AppSnapshot, liveRelease, readApp } from '../app/snapshot.ts';
import type { Registry } from '../../registry/registry.ts';
import { type AppCall, ok } from '../call.ts';
import type { Route } from '../route.ts';
import { visibleApps } from '../visible-apps.ts';
import { notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';
import { pageOf, pageQuery } from './page.ts';
import { v2 } from './route.ts';
import {
  type Doors,
  appV2,
  configV2,
  containerV2,
  deploymentV2,
  releaseV2,
  showApp,
  showContainer,
  showDeployment,
  showRelease,
} from './shapes.ts';

/** Null takes a key away, keys that are not named stay. */
const change = z.strictObject({
  values: z.record(z.string(), z.union([z.string(), z.null()])).optional(),
  memory: z.record(z.string(), z.union([z.string(), z.null()])).optional(),
  cpu: z.record(z.string(), z.union([z.int(), z.null()])).optional(),
  tags: z.record(z.string(), z.union([z.string(), z.null()])).optional(),
});

export const appRoutesV2: readonly Route[] = [
  v2.signedIn({
    method: 'GET',
    path: '/apps',
    summary: 'Apps that you may use.',
    query: pageQuery,
    answer: pageOf(appV2),
    handle: async (call) => {
      const { services, url, signal } = call;
      const [apps, doors, domainOf] = await Promise.all([
        visibleApps(call),
        doorsOf(services.registry, signal),
        appDomains(services.registry, signal),
      ]);
      return ok(
        page(
          apps.map((app) => showApp(app, { ...doors, domain: domainOf(app) })),
          url,
        ),
      );
    },
  }),
  v2.onApp({
    method: 'GET',
    path: '/apps/:id',
    summary: 'An app.',
    answer: appV2,
    handle: async ({ services: { registry }, app, signal }) => {
      const domain = await appDomain(registry, app.value, signal);
      return ok(showApp(app.value, { ...(await doorsOf(registry, signal)), domain }));
    },
  }),
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/releases',
    summary: 'Its releases, newest first.',
    query: pageQuery,
    answer: pageOf(releaseV2),
    handle: async (call) => {
      const { releases } = await snapshotOf(call);
      return ok(page(releases.map(({ value }) => showRelease(value)).toReversed(), call.url));
    },
  }),
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/releases/:version',
    summary: 'One release.',
    answer: releaseV2,
    handle: async (call) => {
      const { releases } = await snapshotOf(call);
      const asked = /^v?([1-9][0-9]{0,8})$/.exec(call.params['version'] ?? '')?.[1];
      const release = releases.find(({ value }) => value.version === Number(asked));
      if (!release) throw notFound();
      return ok(showRelease(release.value));
    },
  }),
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/deployment',
    summary: 'The deployment that runs, or the last one. 404 when there was none.',
    answer: deploymentV2,
    handle: async ({ services, app, signal }) => {
      const found = await services.registry.get(keys.deployments, [app.value.id], signal);
      if (!found) throw notFound();
      return ok(showDeployment(found.value));
    },
  }),
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/containers',
    summary: 'Its containers, with what their machines say of them.',
    query: pageQuery,
    answer: pageOf(containerV2),
    handle: async (call) => {
      const containers = containersOf(await snapshotOf(call), call.services.world);
      return ok(page(containers.map(showContainer), call.url));
    },
  }),
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/config',
    summary: 'Config, limits and tags of the release that is live.',
    answer: configV2,
    handle: async (call) => {
      const live = liveRelease(await snapshotOf(call));
      const config = await readConfig(call.services.registry, live, call.signal);
      const settings = openSettings(call.services.vault, config);
      return ok({ uuid: config.uuid, release: live.version, ...settings });
    },
  }),
  v2.onApp({
    method: 'PATCH',
    path: '/apps/:id/config',
    summary: 'Changes config, limits or tags; answers when the new release is live.',
    body: change,
    answer: configV2,
    handle: async (call) => {
      const { config, settings, release } = await changeConfig(call, defined(call.body));
      return ok({ uuid: config.uuid, release: release.version, ...settings });
    },
  }),
];

async function doorsOf(registry: Registry, signal: AbortSignal): Promise<Omit<Doors, 'domain'>> {
  const sshPort = await platformSetting(registry, 'platform/sshPort', signal);
  return { sshPort: Number(sshPort) };
}

type Change = z.infer<typeof change>;

/** Without the keys whose value is undefined. */
function defined(body: Change): { [Key in keyof Change]-?: NonNullable<Change[Key]> } {
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== undefined),
  ) as ReturnType<typeof defined>;
}

async function snapshotOf({
  services,
  app,
  signal,
}: Pick<AppCall, 'services' | 'app' | 'signal'>): Promise<AppSnapshot> {
  const snapshot = await readApp(services.registry, app.value.id, signal);
  if (!snapshot) throw notFound();
  return snapshot;
}
