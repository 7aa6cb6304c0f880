// An app with a Dockerfile: built by the machine's Engine on the network of builds, from images the app may use.

import { DeisError } from '../../model/errors.ts';
import { parseProcfile } from '../../model/procfile.ts';
import type { KindOfBuild, AppToBuild } from './app-build.ts';
import { baseNamed, ensureBase } from './bases.ts';
import { contextOf } from './context.ts';
import { type Instruction, declaredArguments, instructionsOf, namedImages } from './dockerfile.ts';
import { ignoring } from './dockerignore.ts';
import { lastLines, refuseForeignImages } from './images.ts';
import { lentArguments } from './loans.ts';
import { BUILD_NETWORK } from './network.ts';
import { Steps } from './steps.ts';
import { readText } from './tree.ts';

export const fromDockerfile: KindOfBuild = async (place, app, reference, show, signal) => {
  const text = (await readText(app.tree, 'Dockerfile')) ?? '';
  const procfile = await procfileOf(app.tree);
  const instructions = instructionsOf(text);
  const offered = { ...(await lentArguments(place.loans)), ...app.values, ...facts(app) };
  const named = namedImages(instructions, offered);
  refuseForeignImages(app.app, named);
  for (const { image } of named) {
    const base = baseNamed(image);
    if (base !== undefined) await ensureBase(place.engine, place.images, base, signal);
  }
  show('-----> Building Docker image\n');
  const ignore = ignoring((await readText(app.tree, '.dockerignore')) ?? '');
  const files = { Dockerfile: `${text}\n${lastLines(app)}` };
  const steps = new Steps(show, place.now);
  try {
    const order = {
      reference,
      context: contextOf({ tree: app.tree, files, ...ignore }),
      arguments: taken(instructions, offered),
      network: BUILD_NETWORK,
      limits: app.limits,
      logins: app.logins ?? {},
    };
    await place.engine.build(order, steps.take, signal);
  } catch (error) {
    throw withStep(error, steps);
  }
  steps.end();
  return { procfile, hasSlug: false };
};

/** What Deis v1 and Heroku tell builds besides the config. */
function facts({ app, sha }: AppToBuild): Record<string, string> {
  return { DEIS_APP: app, GIT_SHA: sha, SOURCE_VERSION: sha };
}

/** Only what the Dockerfile asks for: the Engine would list the names of all others as not consumed. */
function taken(
  instructions: readonly Instruction[],
  offered: Record<string, string>,
): Record<string, string> {
  const declared = declaredArguments(instructions);
  return Object.fromEntries(Object.entries(offered).filter(([name]) => declared.has(name)));
}

/** The process table beside the Dockerfile, if there is one. */
export async function procfileOf(tree: string): Promise<Record<string, string>> {
  const text = await readText(tree, 'Procfile');
  if (text === undefined) return {};
  const parsed = parseProcfile(text);
  if ('procfile' in parsed) return parsed.procfile;
  throw new DeisError('build-failed', parsed.problem);
}

function withStep(error: unknown, steps: Steps): unknown {
  if (!(error instanceof DeisError) || error.code !== 'build-failed') return error;
  const step = steps.failed();
  if (step === '') return error;
  return new DeisError(error.code, `${error.message}\n${step}`, error.hint, { cause: error });
}
