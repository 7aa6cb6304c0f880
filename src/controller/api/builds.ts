// Builds: an image and its process table become a release (reference §1.13).

import { randomUUID } from 'node:crypto';
import type { Build, Release } from '../../model/app.ts';
import { COMPONENTS } from '../../model/components.ts';
import { isDeisError } from '../../model/errors.ts';
import type { ResolvedImage } from '../../ports/image-registry.ts';
import { keys } from '../../registry/keys.ts';
import { put } from '../../registry/registry.ts';
import { type Change, changeApp } from '../app/change.ts';
import { readLogins } from '../app/registry-logins.ts';
import { nextRelease, readConfig } from '../app/release.ts';
import { openSettings } from '../app/secret-values.ts';
import { audited } from '../app/trail.ts';
import { type AppSnapshot, liveRelease } from '../app/snapshot.ts';
import { type Answer, type AppCall, created, ok } from '../call.ts';
import { deploySides } from '../deployment/sides.ts';
import { type Route, onApp, triable } from '../route.ts';
import { roleOf } from '../rules/access.ts';
import { imageProblem, parseProcfile, shaProblem } from '../rules/build.ts';
import { longestDelay } from '../rules/health-check.ts';
import { structureFor } from '../rules/scale.ts';
import { buildSummary } from '../rules/summary.ts';
import { type Services, isoNow } from '../services.ts';
import { type Body, bodyObject, optionalMap, optionalText, requiredText } from '../wire/body.ts';
import { badField, detail, notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';
import { releaseHeaders } from './releases.ts';
import { buildShape } from './shapes.ts';

export const buildRoutes: readonly Route[] = [
  onApp('GET', '/apps/:id/builds', async ({ services, app, url, signal }) => {
    const builds = await services.registry.list(keys.builds, [app.value.id], signal);
    const newestFirst = builds.items
      .map(({ value }) => value)
      .sort((a, b) => b.created.localeCompare(a.created));
    return ok(page(newestFirst.map(buildShape), url));
  }),
  onApp('GET', '/apps/:id/builds/:uuid', async ({ services, app, params, signal }) => {
    const ids = [app.value.id, params['uuid'] ?? ''];
    const build = await services.registry.get(keys.builds, ids, signal);
    if (!build) throw notFound();
    return ok(buildShape(build.value));
  }),
  triable(onApp('POST', '/apps/:id/builds', create)),
];

const LONGEST_DOCKERFILE = 64 * 1024;

async function create(call: AppCall): Promise<Answer> {
  const { build, version } = await deployBuild(call, bodyObject(call.body));
  return { ...created(buildShape(build)), headers: releaseHeaders(version) };
}

/** Resolves when the build is live. `made`: what only the builder knows of it. */
export async function deployBuild(
  call: AppCall,
  body: Body,
  made: Pick<Build, 'kind' | 'slug' | 'log' | 'appJson'> = {},
): Promise<{ build: Build; version: number }> {
  const { services, app, user, signal } = call;
  const { username } = user.value;
  const asked = askedBuild(body);
  // Looking an image up may copy it from another registry.
  const resolved = services.isDryRun
    ? { reference: asked.image }
    : await resolve(call, asked.image);
  const at = isoNow(services.clock);
  const build: Build = {
    ...asked,
    ...made,
    uuid: randomUUID(),
    app: app.value.id,
    owner: username,
    reference: resolved.reference,
    created: at,
    updated: at,
  };
  let version = 0;
  const decide = async (snapshot: AppSnapshot): Promise<Change> => {
    const change = await decideBuild(services, snapshot, build, signal);
    version = change.release.version;
    const trail = audited(call, app.value.id, 'builds:create', change.release.summary, version);
    return { ...change, writes: [...(change.writes ?? []), trail] };
  };
  await changeApp(services, app.value.id, username, decide, signal);
  return { build, version };
}

type AskedBuild = Pick<Build, 'image' | 'sha' | 'procfile' | 'dockerfile'>;

function askedBuild(body: Body): AskedBuild {
  const image = requiredText(body, 'image');
  const sha = optionalText(body, 'sha') ?? '';
  const dockerfile = optionalText(body, 'dockerfile') ?? '';
  const parsed = parseProcfile(optionalMap(body, 'procfile') ?? {});
  const wrongImage = imageProblem(image);
  if (wrongImage !== undefined) throw badField('image', wrongImage);
  const wrongSha = shaProblem(sha);
  if (wrongSha !== undefined) throw badField('sha', wrongSha);
  if ('problem' in parsed) throw badField('procfile', parsed.problem);
  if (dockerfile.length > LONGEST_DOCKERFILE) throw badField('dockerfile', 'Longer than 64 KB.');
  return { image, sha, dockerfile, procfile: parsed.procfile };
}

/** The image as machines pull it. Images of other people's apps and of the platform are not for taking. */
async function resolve(call: AppCall, image: string): Promise<ResolvedImage> {
  const { services, app, signal } = call;
  try {
    const { logins } = await readLogins(services, app.value.id, signal);
    const resolved = await services.images.resolve(image, { app: app.value.id, logins }, signal);
    const { repository } = resolved;
    if (!(await mayRun(call, repository))) {
      throw detail(403, `Repository name ${repository} is not allowed`);
    }
    return resolved;
  } catch (error) {
    if (!isDeisError(error, 'not-found', 'invalid', 'forbidden')) throw error;
    throw badField('image', error.hint === '' ? error.message : `${error.message} ${error.hint}`);
  }
}

async function mayRun(
  { services, user, app, signal }: AppCall,
  repository: string,
): Promise<boolean> {
  const [first = '', second] = repository.split('/');
  if (first === app.value.id) return true;
  const parts = [...COMPONENTS.map(({ name }) => name), 'platform'];
  if (first === 'deis' && second !== undefined && parts.includes(second)) return false;
  const [other, permission] = await Promise.all([
    services.registry.get(keys.apps, [first], signal),
    services.registry.get(keys.perms, [first, user.value.username], signal),
  ]);
  if (!other) return true;
  return roleOf(user.value, other.value, permission !== undefined) !== 'stranger';
}

async function decideBuild(
  { registry, vault }: Services,
  snapshot: AppSnapshot,
  build: Build,
  signal: AbortSignal,
): Promise<Change & { release: Release }> {
  const live = liveRelease(snapshot);
  const settings = openSettings(vault, await readConfig(registry, live, signal));
  const { app: id, owner, uuid, created: at } = build;
  const summary = buildSummary(owner, build);
  const release = nextRelease(snapshot, { owner, summary, config: live.config, build: uuid }, at);
  const structure = structureFor(build, snapshot.app.value.structure);
  return {
    kind: 'deploy',
    structure,
    release,
    writes: [put(keys.builds, [id, uuid], build)],
    lines: [summary],
    build,
    initialDelay: longestDelay(settings.values, build, structure),
    ...deploySides(
      id,
      release.version,
      structure,
      snapshot.units.map((unit) => unit.value),
    ),
  };
}
