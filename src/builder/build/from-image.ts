// A Procfile over a prebuilt image: the image that app.json names, with this commit's process table.

import { DeisError } from '../../model/errors.ts';
import { parseAppJson } from '../../model/app-json.ts';
import type { KindOfBuild } from './app-build.ts';
import { baseNamed, ensureBase } from './bases.ts';
import { contextOf } from './context.ts';
import { procfileOf } from './from-dockerfile.ts';
import { REGISTRY_DOOR, lastLines, refuseForeignImages } from './images.ts';
import { BUILD_NETWORK } from './network.ts';
import { readText } from './tree.ts';

/** `name[:tag]`, `host/name@sha256:…`: nothing that could be another line of a Dockerfile. */
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,255}$/;

export const fromImage: KindOfBuild = async (place, app, reference, show, signal) => {
  const parsed = parseAppJson((await readText(app.tree, 'app.json')) ?? '{}');
  const image = ('appJson' in parsed && parsed.appJson.image) || '';
  if (!IMAGE.test(image)) {
    throw new DeisError('build-failed', `app.json: "${image}" is not the name of an image.`);
  }
  const procfile = await procfileOf(app.tree);
  refuseForeignImages(app.app, [{ image, line: 1 }]);
  const base = baseNamed(image);
  if (base !== undefined) await ensureBase(place.engine, place.images, base, signal);
  const from =
    image === app.app || image.startsWith(`${app.app}:`) ? `${REGISTRY_DOOR}/${image}` : image;
  show(`-----> Using the image ${image}\n`);
  const order = {
    reference,
    context: contextOf({ files: { Dockerfile: `FROM ${from}\n${lastLines(app)}` } }),
    arguments: {},
    network: BUILD_NETWORK,
    limits: app.limits,
    logins: app.logins ?? {},
  };
  await place.engine.build(order, show, signal);
  return { procfile, hasSlug: false };
};
