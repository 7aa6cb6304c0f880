// The domain below which an app has its name: its formation's, or the platform's.

import type { App } from '../../model/app.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { platformSetting } from './settings-of-platform.ts';

/** Tells the domain of any app. */
export async function appDomains(
  registry: Registry,
  signal: AbortSignal,
): Promise<(app: Pick<App, 'formation'>) => string> {
  const [platform, formations] = await Promise.all([
    platformSetting(registry, 'platform/domain', signal),
    registry.list(keys.formations, [], signal),
  ]);
  const domains = new Map(formations.items.map(({ ids, value }) => [ids[0]!, value.domain]));
  return ({ formation }) =>
    (formation === undefined ? undefined : domains.get(formation)) ?? platform;
}

export async function appDomain(
  registry: Registry,
  app: Pick<App, 'formation'>,
  signal: AbortSignal,
): Promise<string> {
  return (await appDomains(registry, signal))(app);
}

/** The domains below which names are those of apps: the platform's, and each formation's. */
export async function allDomains(registry: Registry, signal: AbortSignal): Promise<string[]> {
  const [platform, formations] = await Promise.all([
    platformSetting(registry, 'platform/domain', signal),
    registry.list(keys.formations, [], signal),
  ]);
  return [platform, ...formations.items.flatMap(({ value }) => value.domain ?? [])];
}
