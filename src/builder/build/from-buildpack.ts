// An app without a Dockerfile: a buildpack turns it into a slug in a workshop that sees nothing but this app's files, and the slug
// becomes one layer over the stack image.

import { randomUUID } from 'node:crypto';
import { DeisError } from '../../model/errors.ts';
import { parseProcfile } from '../../model/procfile.ts';
import type { Show } from '../../ports/image-builder.ts';
import type { AppToBuild, KindOfBuild, Workplace } from './app-build.ts';
import { ensureBase } from './bases.ts';
import { bringCache, keepCache } from './build-cache.ts';
import { contextOf } from './context.ts';
import { procfileOf } from './from-dockerfile.ts';
import { imageLabels } from './images.ts';
import { readLoans } from './loans.ts';
import { BUILD_NETWORK } from './network.ts';
import { type Release, parseRelease } from './release.ts';
import { slugContext, slugDockerfile } from './slug.ts';
import { Steps } from './steps.ts';
import { textIn } from './tar-text.ts';

/** On every workshop: what a builder that died left is found by it. */
export const WORKSHOP_LABEL = 'deis.workshop';

/** The user `slug` of the stack. */
const SLUG = 2000;
const STACK = 'deis-1';
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

type Input = Parameters<KindOfBuild>[1];

export const fromBuildpack: KindOfBuild = async (place, app, reference, show, signal) => {
  const { engine, images } = place;
  const pushed = await procfileOf(app.tree);
  const stack = await ensureBase(engine, images, 'stack', signal);
  const workshop = await open(place, app, stack, signal);
  try {
    await fill(place, app, workshop, signal);
    await compile(place, workshop, show, signal);
    const { procfile, release } = await tableOf(place, workshop, pushed, signal);
    tellTypes(pushed, procfile, show);
    await keepCache(engine, workshop, app.cache, show, signal);
    show('-----> Building Docker image\n');
    const slug = await engine.fetch(workshop, '/tmp/out/slug.tar', signal);
    if (!slug) throw new DeisError('build-failed', 'The buildpack left no slug.');
    const facts = { ...release.variables, GIT_SHA: app.sha };
    const dockerfile = slugDockerfile(stack, facts, imageLabels(app));
    const order = {
      reference,
      context: slugContext(slug, dockerfile, procfile),
      arguments: {},
      network: BUILD_NETWORK,
      limits: app.limits,
      logins: {},
    };
    await engine.build(order, () => undefined, signal);
    return { procfile, hasSlug: true };
  } finally {
    await engine.closeWorkshop(workshop, AbortSignal.timeout(60_000));
  }
};

async function open(
  { engine, loans }: Workplace,
  { app, sha, limits }: Input,
  image: string,
  signal: AbortSignal,
): Promise<string> {
  const { authorities, npmrc } = await readLoans(loans);
  const registry = /^registry\s*=\s*(\S+)/m.exec(npmrc ?? '')?.[1];
  const environment = {
    STACK,
    SOURCE_VERSION: sha,
    REQUEST_ID: randomUUID(),
    ...(authorities === undefined ? {} : trust(AUTHORITIES)),
    ...(npmrc === undefined ? {} : { NPM_CONFIG_GLOBALCONFIG: '/tmp/npmrc' }),
    ...(registry === undefined ? {} : { NPM_CONFIG_REGISTRY: registry }),
  };
  return engine.openWorkshop(
    {
      image,
      command: ['/opt/deis/stack/build'],
      user: `${SLUG}:${SLUG}`,
      environment,
      labels: { 'deis.managed': 'true', [WORKSHOP_LABEL]: app },
      network: BUILD_NETWORK,
      limits,
    },
    signal,
  );
}

/** The variables by which common tools find a bundle of authorities. */
function trust(bundle: string): Record<string, string> {
  const names = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO'];
  const python = ['REQUESTS_CA_BUNDLE', 'PIP_CERT'];
  return Object.fromEntries([...names, ...python].map((name) => [name, bundle]));
}

/** Files go in as the slug user's, below /tmp; what the machine lends stays outside the slug. */
async function fill(
  { engine, loans }: Workplace,
  app: AppToBuild,
  workshop: string,
  signal: AbortSignal,
): Promise<void> {
  const { authorities, npmrc } = await readLoans(loans);
  const mine = { owner: SLUG };
  await engine.bring(
    workshop,
    '/tmp',
    contextOf({ ...mine, tree: app.tree, prefix: 'build/' }),
    signal,
  );
  await engine.bring(
    workshop,
    '/tmp',
    contextOf({ ...mine, files: app.values, prefix: 'env/' }),
    signal,
  );
  await bringCache(engine, workshop, app.cache, signal);
  if (npmrc !== undefined) {
    await engine.bring(workshop, '/tmp', contextOf({ ...mine, files: { npmrc } }), signal);
  }
  if (authorities !== undefined) {
    const files = { 'ca-certificates.crt': authorities };
    await engine.bring(workshop, '/etc/ssl/certs', contextOf({ files }), signal);
  }
}

async function compile(
  { engine, now }: Workplace,
  workshop: string,
  show: Show,
  signal: AbortSignal,
): Promise<void> {
  const steps = new Steps(show, now);
  const { exitCode, outOfMemory } = await engine.work(workshop, steps.take, signal);
  steps.end();
  if (exitCode === 0) return;
  const why = outOfMemory ? 'it needed more memory than a build may have' : `exit code ${exitCode}`;
  throw new DeisError('build-failed', `The app did not compile (${why}).\n${steps.failed()}`);
}

/** As in Deis v1: the pushed Procfile, else the one the buildpack wrote, else the buildpack's defaults. */
async function tableOf(
  { engine }: Workplace,
  workshop: string,
  pushed: Record<string, string>,
  signal: AbortSignal,
): Promise<{ procfile: Record<string, string>; release: Release }> {
  const read = async (name: string): Promise<string> =>
    textIn(await engine.fetch(workshop, `/tmp/out/${name}`, signal), name);
  const release = parseRelease(await read('release.yml'));
  if (Object.keys(pushed).length > 0) return { procfile: pushed, release };
  const written = parseProcfile(await read('Procfile'));
  if ('problem' in written)
    throw new DeisError('build-failed', `The buildpack's ${written.problem}`);
  const isEmpty = Object.keys(written.procfile).length === 0;
  return { procfile: isEmpty ? release.types : written.procfile, release };
}

function tellTypes(
  pushed: Record<string, string>,
  procfile: Record<string, string>,
  show: Show,
): void {
  const types = Object.keys(procfile).join(', ');
  const whose =
    Object.keys(pushed).length > 0 ? 'Procfile declares types' : 'Default process types';
  show(`-----> Discovering process types\n       ${whose} -> ${types || '(none)'}\n`);
}
