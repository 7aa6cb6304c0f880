// The ledger of an app's releases, and the way back (reference §1.14).

import type { Release } from '../../model/app.ts';
import { type Change, changeApp } from '../app/change.ts';
import { nextRelease, readBuild, readConfig } from '../app/release.ts';
import { openSettings } from '../app/secret-values.ts';
import { audited } from '../app/trail.ts';
import { type AppSnapshot, readApp } from '../app/snapshot.ts';
import { type Answer, type AppCall, created, ok } from '../call.ts';
import { deploySides } from '../deployment/sides.ts';
import { type Route, onApp, triable } from '../route.ts';
import { longestDelay } from '../rules/health-check.ts';
import { structureFor, total } from '../rules/scale.ts';
import { rollbackSummary } from '../rules/summary.ts';
import { type Services, isoNow } from '../services.ts';
import { bodyObject } from '../wire/body.ts';
import { detail, notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';
import { releaseShape } from './shapes.ts';

export const releaseRoutes: readonly Route[] = [
  onApp('GET', '/apps/:id/releases', async ({ services, app, url, signal }) => {
    const snapshot = await readApp(services.registry, app.value.id, signal);
    const releases = (snapshot?.releases ?? []).map(({ value }) => releaseShape(value));
    return ok(page(releases.reverse(), url));
  }),
  onApp('GET', '/apps/:id/releases/:version', async ({ services, app, params, signal }) => {
    const snapshot = await readApp(services.registry, app.value.id, signal);
    const match = /^v?([0-9]{1,9})$/.exec(params['version'] ?? '');
    const release = match && snapshot && versionOf(snapshot, Number(match[1]));
    if (!release) throw notFound();
    return ok(releaseShape(release));
  }),
  triable(onApp('POST', '/apps/:id/releases/rollback', rollback)),
];

/** The two names under which clients and the builder look for the new release's number. */
export function releaseHeaders(version: number): Record<string, string> {
  return { 'Deis-Release': String(version), 'X-Deis-Release': String(version) };
}

async function rollback(call: AppCall): Promise<Answer> {
  const { services, app, user, body, signal } = call;
  const asked = askedVersion(bodyObject(body)['version']);
  const { username } = user.value;
  let version = 0;
  const decide = async (snapshot: AppSnapshot): Promise<Change> => {
    const change = await decideRollback(services, snapshot, username, asked, signal);
    version = change.release.version;
    const text = change.release.summary;
    const trail = audited(call, app.value.id, 'releases:rollback', text, version);
    return { ...change, writes: [trail] };
  };
  await changeApp(services, app.value.id, username, decide, signal);
  return { ...created({ version }), headers: releaseHeaders(version) };
}

/** A new release with the very build and config of the old one. */
async function decideRollback(
  { registry, vault, clock }: Services,
  snapshot: AppSnapshot,
  owner: string,
  asked: number | undefined,
  signal: AbortSignal,
): Promise<Change & { release: Release }> {
  const target = rollbackTarget(snapshot, asked);
  const { id, structure: before } = snapshot.app.value;
  const build = await readBuild(registry, target, signal);
  if (!build && total(before) > 0) {
    throw detail(400, `v${target.version} has no build: nothing of ${id} could run`);
  }
  const settings = openSettings(vault, await readConfig(registry, target, signal));
  const summary = rollbackSummary(owner, target.version);
  const release = nextRelease(
    snapshot,
    { owner, summary, config: target.config, build: target.build },
    isoNow(clock),
  );
  const structure = build && Object.keys(before).length > 0 ? structureFor(build, before) : before;
  const units = snapshot.units.map((unit) => unit.value);
  return {
    kind: 'deploy',
    structure,
    release,
    lines: [summary],
    build,
    initialDelay: longestDelay(settings.values, build, structure),
    ...deploySides(id, release.version, build ? structure : {}, units),
  };
}

/** The asked one, else the newest before the live one that did not fail. */
function rollbackTarget(snapshot: AppSnapshot, asked: number | undefined): Release {
  const live = snapshot.app.value.release;
  if (asked !== undefined) {
    if (asked < 1) throw detail(400, 'version cannot be below 0');
    const release = versionOf(snapshot, asked);
    if (!release) throw notFound();
    if (release.state === 'failed') {
      throw detail(400, `v${asked} failed when it was deployed: there is nothing to go back to`);
    }
    return release;
  }
  const earlier = snapshot.releases
    .map(({ value }) => value)
    .filter(({ version, state }) => version < live && state !== 'failed');
  const release = earlier.at(-1);
  if (!release) throw detail(400, 'version cannot be below 0');
  return release;
}

function versionOf(snapshot: AppSnapshot, version: number): Release | undefined {
  return snapshot.releases.find(({ value }) => value.version === version)?.value;
}

/** A number, or the text of one, also `v3`; undefined when none was given. */
function askedVersion(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const text = typeof value === 'number' ? String(value) : value;
  const match = typeof text === 'string' ? /^v?(-?[0-9]{1,9})$/.exec(text) : null;
  if (!match) throw detail(400, 'version must be a number');
  return Number(match[1]);
}
