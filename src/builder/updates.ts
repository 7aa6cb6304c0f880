// Which of the pushed refs becomes a release.

import type { RefUpdate } from '../ports/git.ts';

export type Choice =
  /** This one is built. */
  | { kind: 'deploy'; update: RefUpdate }
  /** Nothing to build: refs are deleted, or nothing was pushed. */
  | { kind: 'nothing' }
  | { kind: 'refused'; reason: string };

/** 40 zeros, 64 in a repository of SHA-256. */
const DELETED = /^0+$/;
const MOST = 100;

/** Any branch deploys, as in Deis v1; tags that come along with a branch do not. One push makes at most one release. */
export function chooseUpdate(updates: readonly RefUpdate[]): Choice {
  if (updates.length > MOST) {
    return { kind: 'refused', reason: `More than ${MOST} refs in one push: push one branch.` };
  }
  const kept = updates.filter(({ after }) => !DELETED.test(after));
  const branches = kept.filter(({ ref }) => ref.startsWith('refs/heads/'));
  const candidates = branches.length > 0 ? branches : kept;
  const [update, ...others] = candidates;
  if (!update) return { kind: 'nothing' };
  if (others.length === 0) return { kind: 'deploy', update };
  const names = candidates.map(({ ref }) => ref.replace(/^refs\/(heads|tags)\//, ''));
  const reason = `Only one branch at a time becomes a release, and this push has ${names.length}: ${names.slice(0, 5).join(', ')}.`;
  return { kind: 'refused', reason };
}
