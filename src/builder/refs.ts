// The store says what was pushed last; a repository on this machine's disk is a copy, which may be old, or empty after a move.

import type { PushedRefs } from '../model/push.ts';
import type { Git } from '../ports/git.ts';
import { keys } from '../registry/keys.ts';
import { type Held, type Registry, put, unchanged } from '../registry/registry.ts';
import type { Condition } from '../ports/store.ts';

type Refs = Record<string, string>;

/** What must change in `here` for it to say what `wanted` says. A ref whose objects are not here is left out: git then sends all. */
export function refChanges(
  here: Refs,
  wanted: Refs,
  isHere: (object: string) => boolean,
): Record<string, string | undefined> {
  const reachable = Object.entries(wanted).filter(([, object]) => isHere(object));
  const target = new Map(reachable);
  const changes: Record<string, string | undefined> = {};
  for (const [ref, object] of target) if (here[ref] !== object) changes[ref] = object;
  for (const ref of Object.keys(here)) if (!target.has(ref)) changes[ref] = undefined;
  return changes;
}

/** The record of an app that exists; one of an earlier app of the same name counts as none. */
export async function readPushed(
  registry: Registry,
  app: string,
  uuid: string,
  signal: AbortSignal,
): Promise<{ refs: Refs; modRevision: number }> {
  const held: Held<PushedRefs> | undefined = await registry.get(keys.pushedRefs, [app], signal);
  return {
    refs: held?.value.uuid === uuid ? held.value.refs : {},
    modRevision: held?.modRevision ?? 0,
  };
}

/** Brings the repository to what the store says, as far as its objects allow. Answers the refs it then shows. */
export async function bringUp(
  git: Git,
  directory: string,
  wanted: Refs,
  signal: AbortSignal,
): Promise<Refs> {
  const here = await git.refs(directory, signal);
  const known = new Set(Object.values(here));
  for (const object of new Set(Object.values(wanted))) {
    if (!known.has(object) && (await git.holds(directory, [object], signal))) known.add(object);
  }
  await git.setRefs(
    directory,
    refChanges(here, wanted, (object) => known.has(object)),
    signal,
  );
  return git.refs(directory, signal);
}

/**
 * Writes what was pushed. Refs of the record that this repository did not show stay, unless the push replaced them.
 * Answers false when somebody else has pushed meanwhile.
 */
export async function writePushed(
  registry: Registry,
  record: { app: string; uuid: string; before: Refs; shown: Refs; after: Refs; at: string },
  conditions: { modRevision: number; fence: Condition },
  signal: AbortSignal,
): Promise<boolean> {
  const { app, uuid, before, shown, after, at } = record;
  const unseen = Object.entries(before).filter(([ref]) => !(ref in shown));
  const refs = { ...Object.fromEntries(unseen), ...after };
  const { applied } = await registry.commit(
    [conditions.fence, unchanged(keys.pushedRefs, [app], conditions.modRevision)],
    [put(keys.pushedRefs, [app], { uuid, refs, updated: at })],
    signal,
  );
  return applied;
}
