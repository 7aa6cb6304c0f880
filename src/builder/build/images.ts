// Names and labels of what builds make, and which images a build may take.

import { DeisError } from '../../model/errors.ts';
import { pairs } from './pairs.ts';

export const REGISTRY_DOOR = '127.0.0.1:5555';

/** As in Deis v1: the tag of a commit. */
export const imageOf = ({ app, sha }: { app: string; sha: string }): string =>
  `${REGISTRY_DOOR}/${app}:git-${sha.slice(0, 8)}`;

/** On every image that a push makes: what carries `deis.managed` may be removed by rule. */
export const imageLabels = ({
  app,
  sha,
}: {
  app: string;
  sha: string;
}): Record<string, string> => ({
  'deis.managed': 'true',
  'deis.app': app,
  'deis.sha': sha,
});

/** The end of every Dockerfile, as lines: the commit, as in Deis v1, and what the image is. */
export const lastLines = (app: { app: string; sha: string }): string =>
  `${pairs('ENV', { GIT_SHA: app.sha })}\n${pairs('LABEL', imageLabels(app))}\n`;

/** Every way to spell the loopback door: an app's image may hold its secrets, so no other app builds on it. */
const DOOR = /^(?:localhost|127\.[0-9.]+|\[[0-9a-f:.]*\]|0[0-9a-fx.]*|[0-9]+)(?::[0-9]+)?$|:5555$/i;

/** Throws DeisError('build-failed') with the line that takes another app's image. */
export function refuseForeignImages(
  app: string,
  named: readonly { image: string; line: number }[],
): void {
  for (const { image, line } of named) {
    const [host = '', ...rest] = image.split('/');
    if (rest.length === 0 || !DOOR.test(host)) continue;
    const repository = rest.join('/').replace(/[:@].*$/, '');
    if (repository === app) continue;
    throw new DeisError(
      'build-failed',
      `Dockerfile, line ${line}: ${image} belongs to another app.`,
      'Use an image of this app, or one of another registry.',
    );
  }
}
