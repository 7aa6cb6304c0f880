// Which kind of build a pushed tree asks for, in the order of Deis v1: Dockerfile, buildpack, Procfile over a prebuilt image.

import type { AppJson } from '../../model/app-json.ts';
import type { AppToBuild, BuildKind } from './app-build.ts';
import { topNames } from './tree.ts';

/** Buildpacks are asked by their own `detect`; a tree that nobody detects is refused there. */
export async function kindOf(
  { tree, values }: Pick<AppToBuild, 'tree' | 'values'>,
  appJson: AppJson | undefined,
): Promise<BuildKind> {
  const names = new Set(await topNames(tree));
  if (names.has('Dockerfile')) return 'dockerfile';
  if ((values['BUILDPACK_URL'] ?? '') !== '' || names.has('.buildpacks')) return 'buildpack';
  return appJson?.image === undefined ? 'buildpack' : 'procfile';
}
