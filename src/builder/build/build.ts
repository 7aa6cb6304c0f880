// From a pushed tree to an image in the platform's registry: finds the kind of build, carries it out within its limits, pushes.

import { parseAppJson } from '../../model/app-json.ts';
import { DeisError } from '../../model/errors.ts';
import type { Show } from '../../ports/image-builder.ts';
import type { AppToBuild, BuildKind, BuiltApp, KindOfBuild, Workplace } from './app-build.ts';
import { fromBuildpack } from './from-buildpack.ts';
import { fromDockerfile } from './from-dockerfile.ts';
import { fromImage } from './from-image.ts';
import { imageOf } from './images.ts';
import { kindOf } from './kind.ts';
import { tellLeftBehind } from './left-behind.ts';
import { DEFAULT_LIMITS, watchLimits } from './limits.ts';
import { ensureBuildNetwork } from './network.ts';
import { readText } from './tree.ts';

const KINDS: Record<BuildKind, KindOfBuild> = {
  dockerfile: fromDockerfile,
  procfile: fromImage,
  buildpack: fromBuildpack,
};

/**
 * Streams to `show` what the pusher reads. Throws DeisError('build-failed') when the tree cannot be built – the message ends with
 * the last lines of the failed step – and 'unavailable' when the Engine or the registry is away.
 */
export async function buildApp(
  place: Workplace,
  input: AppToBuild,
  show: Show,
  signal: AbortSignal,
): Promise<BuiltApp> {
  const app = { ...input, limits: { ...DEFAULT_LIMITS, ...input.limits } };
  const watch = watchLimits(app.limits, place.disk, show, signal);
  try {
    return await build(place, app, watch.show, watch.signal);
  } catch (error) {
    signal.throwIfAborted();
    watch.signal.throwIfAborted();
    throw error;
  } finally {
    watch.stop();
  }
}

async function build(
  place: Workplace,
  app: Parameters<KindOfBuild>[1],
  show: Show,
  signal: AbortSignal,
): Promise<BuiltApp> {
  const { engine } = place;
  const appJson = await appJsonOf(app.tree);
  const kind = await kindOf(app, appJson);
  await tellLeftBehind(app.tree, show);
  const image = imageOf(app);
  await ensureBuildNetwork(engine, signal);
  const { procfile, hasSlug } = await KINDS[kind](place, app, image, show, signal);
  show('-----> Pushing image to private registry\n');
  const digest = await engine.push(image, signal);
  const layers = hasSlug ? await place.layersOf(image, digest, signal) : [];
  return {
    image,
    digest,
    kind,
    procfile,
    dockerfile: kind === 'buildpack' ? '' : 'true',
    ...(appJson && { appJson }),
    ...(layers.length > 0 && { slugDigest: layers.at(-1)! }),
  };
}

async function appJsonOf(tree: string): Promise<BuiltApp['appJson']> {
  const text = await readText(tree, 'app.json');
  if (text === undefined) return undefined;
  const parsed = parseAppJson(text);
  if ('appJson' in parsed) return parsed.appJson;
  throw new DeisError('build-failed', parsed.problem);
}
