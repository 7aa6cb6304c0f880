// What Deis v1 could not tell of builds: what they were made from, what their pushers saw, and their slugs.

import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Build } from '../../model/app.ts';
import type { BuildLog } from '../../model/push.ts';
import { ownImage } from '../../model/own-image.ts';
import { keys } from '../../registry/keys.ts';
import type { Held } from '../../registry/registry.ts';
import { type Answer, type AppCall, ok } from '../call.ts';
import type { Route } from '../route.ts';
import { notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';
import { pageOf, pageQuery } from './page.ts';
import { v2 } from './route.ts';

const text = z.string();
const date = z.iso.datetime();
/** Stands for the newest one, where an id is asked for. */
const LATEST = 'latest';

const buildV2 = z.object({
  uuid: text,
  owner: text,
  image: text,
  reference: text.describe('What machines pull.'),
  sha: text,
  kind: z.enum(['dockerfile', 'buildpack', 'procfile']).optional(),
  procfile: z.record(text, text),
  slug: text.optional().describe('Digest; there is something to download.'),
  log: text.optional().describe('Id of its log.'),
  releases: z.array(z.int()).describe('Releases that run it.'),
  created: date,
});

const logV2 = z.object({
  id: text,
  user: text,
  sha: text,
  outcome: z.enum(['released', 'failed', 'abandoned']),
  release: z.int().optional(),
  started: date,
  ended: date,
});

export const buildRoutesV2: readonly Route[] = [
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/builds/:uuid',
    summary: 'A build, or the `latest`.',
    answer: buildV2,
    handle: async (call) => ok(await showBuild(call, await buildOf(call))),
  }),
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/builds/:uuid/slug',
    summary: 'The slug of a build, or of the `latest`: /app, as a gzipped tar.',
    produces: 'application/gzip',
    handle: slug,
  }),
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/build-logs',
    summary: 'Pushes whose logs are kept, newest first; failed ones too.',
    query: pageQuery,
    answer: pageOf(logV2),
    handle: async (call) => ok(page((await logsOf(call)).map(showLog), call.url)),
  }),
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/build-logs/:log',
    summary: 'What the pusher saw, of one push or of the `latest`.',
    answer: logV2.extend({ text }),
    handle: async (call) => {
      const held = pick(
        await logsOf(call),
        ({ ids }) => ids[1] === call.params['log'],
        call.params['log'],
      );
      const bytes = gunzipSync(Buffer.from(held.value.text, 'base64'));
      return ok({ ...showLog(held), text: bytes.toString() });
    },
  }),
];

type AppAsked = Pick<AppCall, 'services' | 'app' | 'params' | 'signal'>;

/** Newest first. */
async function buildsOf({ services, app, signal }: AppAsked): Promise<Held<Build>[]> {
  const { items } = await services.registry.list(keys.builds, [app.value.id], signal);
  return items.toSorted((a, b) => b.createRevision - a.createRevision);
}

async function buildOf(call: AppAsked): Promise<Build> {
  const { uuid } = call.params;
  return pick(await buildsOf(call), ({ value }) => value.uuid === uuid, uuid).value;
}

async function logsOf({ services, app, signal }: AppAsked): Promise<Held<BuildLog>[]> {
  const { items } = await services.registry.list(keys.buildLogs, [app.value.uuid], signal);
  return items.toReversed();
}

/** Of a list that begins with the newest. Throws 404. */
function pick<T>(
  newestFirst: readonly T[],
  isMeant: (item: T) => boolean,
  id: string | undefined,
): T {
  const found = id === LATEST ? newestFirst[0] : newestFirst.find(isMeant);
  if (found === undefined) throw notFound();
  return found;
}

async function showBuild(
  { services, app, signal }: AppAsked,
  build: Build,
): Promise<z.infer<typeof buildV2>> {
  const { uuid, owner, image, reference, sha, kind, procfile, log, created } = build;
  const { items } = await services.registry.list(keys.releases, [app.value.id], signal);
  const releases = items
    .filter(({ value }) => value.build === uuid)
    .map(({ value }) => value.version);
  return {
    uuid,
    owner,
    image,
    reference,
    sha,
    procfile,
    created,
    releases: releases.toSorted((a, b) => a - b),
    ...(kind === undefined ? {} : { kind }),
    ...(build.slug === undefined ? {} : { slug: build.slug }),
    ...(log === undefined ? {} : { log }),
  };
}

function showLog({ ids, value }: Held<BuildLog>): z.infer<typeof logV2> {
  const { user, sha, outcome, release, started, ended } = value;
  const number = release === undefined ? {} : { release };
  return { id: ids[1]!, user, sha, outcome, ...number, started, ended };
}

/** 404 for a build without one. */
async function slug(call: AppAsked): Promise<Answer> {
  const build = await buildOf(call);
  const image = ownImage(build.reference);
  if (build.slug === undefined || !image) throw notFound();
  const digest = build.slug;
  const { body, size } = await call.services.images.blob({ ...image, digest }, call.signal);
  const headers = size > 0 ? { 'content-length': String(size) } : {};
  return { status: 200, stream: { type: 'application/gzip', body: Readable.from(body) }, headers };
}
