// Which images of this replica go, and why each of the others stays; pure. Absence proves nothing: an image goes only when the
// records of its app say that nobody can need it any more.

import { STACK_REPOSITORY } from '../../model/own-image.ts';

/** One manifest as it lies here. */
export interface Shelved {
  repository: string;
  digest: string;
  /** When it came, ms since the epoch. */
  pushed: number;
  tags: readonly string[];
  /** Its config and layers, by digest, in bytes. */
  blobs: Readonly<Record<string, number>>;
  /** Manifests that it names, when it is an index. */
  children: readonly string[];
  /** The app it was built for, as its label says. */
  app?: string;
}

export interface Facts {
  images: readonly Shelved[];
  /** By digest, why it must stay. */
  kept: ReadonlyMap<string, string>;
  /** Apps that exist. */
  apps: ReadonlySet<string>;
  /** Destroyed apps: when, ms since the epoch. */
  graves: ReadonlyMap<string, number>;
  /** Apps whose builds named an image at some time, by digest. */
  named: ReadonlyMap<string, string>;
  /** Apps that somebody pushes to right now. */
  pushed: ReadonlySet<string>;
  now: number;
  /** Nothing goes that came less than so many ms ago. */
  grace: number;
}

export interface Verdict {
  image: Shelved;
  goes: boolean;
  reason: string;
}

export function plan(facts: Facts): Verdict[] {
  const parents = keptParents(facts);
  return facts.images.map((image) => ({ image, ...judge(image, facts, parents) }));
}

/** Bytes that the sweep frees: those of blobs that no image names which stays. */
export function freedBytes(verdicts: readonly Verdict[]): number {
  const stay = new Set(
    verdicts.filter(({ goes }) => !goes).flatMap(({ image }) => Object.keys(image.blobs)),
  );
  const going = new Map(
    verdicts.filter(({ goes }) => goes).flatMap(({ image }) => Object.entries(image.blobs)),
  );
  return [...going].reduce((sum, [digest, size]) => sum + (stay.has(digest) ? 0 : size), 0);
}

function keptParents({ images, kept }: Facts): Map<string, string> {
  const parents = new Map<string, string>();
  for (const { digest, children } of images) {
    const reason = kept.get(digest);
    if (reason !== undefined) for (const child of children) parents.set(child, reason);
  }
  return parents;
}

function judge(
  image: Shelved,
  { kept, apps, graves, named, pushed: inPush, now, grace }: Facts,
  parents: ReadonlyMap<string, string>,
): Omit<Verdict, 'image'> {
  const { digest, pushed } = image;
  const needed = kept.get(digest) ?? parents.get(digest);
  if (needed !== undefined) return { goes: false, reason: needed };
  if (image.repository === STACK_REPOSITORY) return judgeStack(image, now - pushed < grace);
  const app = ownerOf(image, { apps, graves, named });
  if (app === undefined) return { goes: false, reason: 'it was pushed by hand' };
  if (inPush.has(app)) return { goes: false, reason: `somebody pushes to ${app}` };
  if (now - pushed < grace) return { goes: false, reason: 'it came only a while ago' };
  if (apps.has(app)) {
    return { goes: true, reason: `no release of ${app} that can be rolled back to has it` };
  }
  const destroyed = graves.get(app);
  if (destroyed === undefined) {
    return { goes: false, reason: `${app} is not known, but nothing says that it was destroyed` };
  }
  if (pushed > destroyed) return { goes: false, reason: `it came after ${app} was destroyed` };
  return { goes: true, reason: `its app ${app} was destroyed` };
}

/** It moves its one tag along when a newer one comes. */
function judgeStack({ tags }: Shelved, isYoung: boolean): Omit<Verdict, 'image'> {
  if (tags.length > 0) return { goes: false, reason: 'builds use it' };
  if (isYoung) return { goes: false, reason: 'it came only a while ago' };
  return { goes: true, reason: 'a newer stack has taken its place' };
}

/** The app that alone can have needed it; undefined for what people pushed under a name of their own choice. */
function ownerOf(
  { digest, repository, tags, app }: Shelved,
  { apps, graves, named }: Pick<Facts, 'apps' | 'graves' | 'named'>,
): string | undefined {
  const [first = ''] = repository.split('/');
  if (app !== undefined) return app;
  if (named.get(digest) === first) return first;
  if (!apps.has(first) && graves.has(first)) return first;
  if (tags.length > 0) return undefined;
  return named.get(digest) ?? (apps.has(first) ? first : undefined);
}
