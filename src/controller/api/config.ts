// Config values, limits and tags of an app (reference §1.11). Values are never logged.

import { randomUUID } from 'node:crypto';
import type { Config, Release } from '../../model/app.ts';
import { parseWhitelist } from '../../model/network.ts';
import { keys } from '../../registry/keys.ts';
import { put } from '../../registry/registry.ts';
import { type Change, changeApp } from '../app/change.ts';
import { nextRelease, readBuild, readConfig } from '../app/release.ts';
import { openSettings, sealValues } from '../app/secret-values.ts';
import { audited } from '../app/trail.ts';
import { type AppSnapshot, liveRelease, readApp } from '../app/snapshot.ts';
import { type Answer, type AppCall, created, ok } from '../call.ts';
import { deploySides } from '../deployment/sides.ts';
import { type Route, onApp, triable } from '../route.ts';
import { longestDelay } from '../rules/health-check.ts';
import { isHomeFor, placementProblem } from '../rules/placement.ts';
import { type Settings, type SettingsChange, changeSettings } from '../rules/settings.ts';
import { configSummary } from '../rules/summary.ts';
import { type Services, isoNow } from '../services.ts';
import { bodyObject, optionalMap } from '../wire/body.ts';
import { WireError, badField, notFound } from '../wire/errors.ts';
import { configShape } from './shapes.ts';
import { changeRouting } from './routing.ts';
import { releaseHeaders } from './releases.ts';

export const configRoutes: readonly Route[] = [
  onApp('GET', '/apps/:id/config', showConfig),
  triable(onApp('POST', '/apps/:id/config', change)),
];

/** The config of the release that runs. */
export async function showConfig({ services, app, signal }: AppCall): Promise<Answer> {
  const snapshot = await readApp(services.registry, app.value.id, signal);
  if (!snapshot) throw notFound();
  const config = await readConfig(services.registry, liveRelease(snapshot), signal);
  return ok(configShape(config, openSettings(services.vault, config)));
}

async function change(call: AppCall): Promise<Answer> {
  const body = bodyObject(call.body);
  const wanted: SettingsChange = {};
  for (const field of ['values', 'memory', 'cpu', 'tags'] as const) {
    const map = optionalMap(body, field);
    if (map) wanted[field] = map;
  }
  const allowed = whitelistOf(wanted);
  const { config, settings, release } = await changeConfig(call, wanted);
  if (allowed !== undefined) await changeRouting(call, { whitelist: allowed });
  const { version, app: id } = release;
  const shown: Settings =
    release.build === null
      ? settings
      : {
          ...settings,
          values: { ...settings.values, DEIS_APP: id, DEIS_RELEASE: `v${version}` },
        };
  return { ...created(configShape(config, shown)), headers: releaseHeaders(version) };
}

/** Deis v1's way to say `deis routing:set whitelist=…`. Null: nobody is kept out; undefined: it was not spoken of. */
function whitelistOf({ values }: SettingsChange): string | null | undefined {
  if (!values || !Object.hasOwn(values, WHITELIST)) return undefined;
  const given = values[WHITELIST];
  const text = typeof given === 'string' ? given.trim() : '';
  const list = text === '' ? undefined : parseWhitelist(text);
  if (list && 'problem' in list) throw badField('values', `${WHITELIST}: ${list.problem}`);
  return list ? text : null;
}

const WHITELIST = 'DEIS_WHITELIST';

export interface Configured {
  config: Config;
  settings: Settings;
  release: Release;
}

/** Always makes a release, even when nothing changed. Resolves when it is live. */
export async function changeConfig(
  call: Omit<AppCall, 'body'>,
  wanted: SettingsChange,
): Promise<Configured> {
  const { services, app, user, signal } = call;
  const { id } = app.value;
  const busy = (text: string): WireError =>
    new WireError(409, { error: `Config changes already in progress.\n${text}` });
  let made: Configured | undefined;
  const decide = async (snapshot: AppSnapshot): Promise<Change> => {
    const decided = await decideConfig(services, snapshot, user.value.username, wanted, signal);
    made = decided;
    const { summary, version } = decided.release;
    const trail = audited(call, id, 'config:set', summary, version);
    return { ...decided.change, writes: [...(decided.change.writes ?? []), trail] };
  };
  await changeApp(services, id, user.value.username, decide, signal, busy);
  return made!;
}

/** The change is merged onto what runs now, never onto a config whose deployment failed. */
async function decideConfig(
  services: Services,
  snapshot: AppSnapshot,
  owner: string,
  wanted: SettingsChange,
  signal: AbortSignal,
): Promise<Configured & { change: Change }> {
  const { registry, vault } = services;
  const live = liveRelease(snapshot);
  const before = openSettings(vault, await readConfig(registry, live, signal));
  const changed = changeSettings(before, wanted);
  if ('problem' in changed) throw badField(changed.problem.field, changed.problem.message);
  const { settings } = changed;
  // Values alone are never refused for it: a machine may be away for a while.
  const impossible =
    wanted.tags || wanted.memory
      ? placementProblem(
          settings,
          services.world.machines().filter(isHomeFor(snapshot.app.value.formation)),
        )
      : undefined;
  if (impossible) throw badField(impossible.field, impossible.message);
  const { id, structure } = snapshot.app.value;
  const uuid = randomUUID();
  const at = isoNow(services.clock);
  const { memory, cpu, tags } = settings;
  const values = sealValues(vault, id, uuid, settings.values);
  const dates = { created: at, updated: at };
  const config: Config = { uuid, app: id, owner, values, memory, cpu, tags, ...dates };
  const summary = configSummary(owner, before, settings);
  const release = nextRelease(snapshot, { owner, summary, config: uuid, build: live.build }, at);
  const build = await readBuild(registry, live, signal);
  const units = snapshot.units.map((unit) => unit.value);
  return {
    config,
    settings,
    release,
    change: {
      kind: 'deploy',
      structure,
      release,
      writes: [put(keys.configs, [id, uuid], config)],
      lines: [summary],
      build,
      config,
      initialDelay: longestDelay(settings.values, build, structure),
      ...deploySides(id, release.version, build ? structure : {}, units),
    },
  };
}
